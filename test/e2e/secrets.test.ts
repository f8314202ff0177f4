import assert from 'node:assert/strict'
import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import Sqlite from 'better-sqlite3'
import { docker } from '../fixtures/docker-cli.ts'
import { lookAtFiles } from '../fixtures/files-under.ts'
import { skipWithoutDocker } from '../fixtures/images.ts'
import { DaemonProcess } from './daemon-process.ts'
import { eventually } from '../fakes/eventually.ts'
import { deployShell, shell } from './shell-function.ts'

const FOLDER = '/var/openfaas/secrets'
/** Every byte there is, NUL first, and a line's end that must stay. */
const BINARY = Buffer.from([...Array.from({ length: 256 }, (_, byte) => byte), 10])

describe('secrets in real containers', { skip: await skipWithoutDocker() }, () => {
  let daemon: DaemonProcess

  before(async () => {
    // As service managers may set it: what functions read must not depend on it.
    const before = process.umask(0o077)
    daemon = await DaemonProcess.start()
    process.umask(before)
  })
  after(() => daemon[Symbol.asyncDispose]())

  const secret = (name: string, value: string, namespace = '') => ({ name, namespace, value })
  const put = (name: string, value: string) => daemon.must('PUT', '/system/secrets', secret(name, value))
  const post = (name: string, value: string, namespace = '') =>
    daemon.must('POST', '/system/secrets', secret(name, value, namespace))
  const read = async (fn: string, name: string): Promise<Buffer> =>
    Buffer.from(await shell(daemon, fn, `busybox base64 ${FOLDER}/${name}`), 'base64')

  it('18.4.12: secrets in real containers arrive byte for byte, for a user who is not root, on a read-only root', async () => {
    await post('text', ' spaces and a line\n')
    const rawValue = BINARY.toString('base64')
    await daemon.must('POST', '/system/secrets', { name: 'binary', rawValue, value: 'not this' })

    const fields = { service: 'reader', secrets: ['text', 'binary'], readOnlyRootFilesystem: true }
    await deployShell(daemon, fields, 'plain-user')

    assert.equal((await shell(daemon, 'reader', 'id -u')).trim(), '1000')
    assert.equal((await read('reader', 'text')).toString(), ' spaces and a line\n')
    assert.deepEqual(await read('reader', 'binary'), BINARY)
    assert.equal(await shell(daemon, 'reader', `ls ${FOLDER}`), 'binary\ntext\n')
  })

  it('secrets in real containers cannot be changed by the function, though it is root', async () => {
    await post('fixed', 'stays')
    await deployShell(daemon, { service: 'writer', secrets: ['fixed'] })

    const script = `echo x > ${FOLDER}/fixed || echo x > ${FOLDER}/new || busybox rm ${FOLDER}/fixed || echo refused`

    assert.match(await shell(daemon, 'writer', script), /refused\n$/)
    assert.equal((await read('writer', 'fixed')).toString(), 'stays')
  })

  it('secrets in real containers must exist when a function that names them is deployed', async () => {
    const body = { service: 'lacking', image: 'any', secrets: ['not-there'] }

    const answer = await daemon.api('POST', '/system/functions', body)

    assert.equal(answer.status, 400)
    assert.match(await answer.text(), /secrets: "not-there" does not exist/)
  })

  it('18.4.12: secrets in real containers reach a running replica when they change, also one that an earlier daemon made', async () => {
    await post('moving', 'one')
    await deployShell(daemon, { service: 'watcher', secrets: ['moving'] })
    assert.equal((await read('watcher', 'moving')).toString(), 'one')
    const containers = await daemon.containers('running')

    await put('moving', 'two')
    await eventually(
      async () => {
        return (await read('watcher', 'moving')).toString() === 'two'
      },
      5_000,
      'the replica reads the second value',
    )

    await daemon.end('SIGKILL')
    await daemon.launch()
    await daemon.whenHealthy()
    assert.equal((await read('watcher', 'moving')).toString(), 'two')
    await put('moving', 'three')
    await eventually(
      async () => {
        return (await read('watcher', 'moving')).toString() === 'three'
      },
      5_000,
      'the adopted replica reads the third value',
    )
    assert.deepEqual(await daemon.containers('running'), containers)
  })

  it('a secret in use cannot be removed, and the refusal names who uses them', async () => {
    await post('used', 'value')
    await deployShell(daemon, { service: 'holder', secrets: ['used'] })

    const refused = await daemon.api('DELETE', '/system/secrets', { name: 'used' })

    assert.equal(refused.status, 409)
    assert.match(await refused.text(), /secret used is in use: function holder uses it/)
    assert.equal((await read('holder', 'used')).toString(), 'value')
    await daemon.remove('holder')
    await daemon.must('DELETE', '/system/secrets', { name: 'used' })
  })

  it('secrets that are lost keep a replica from starting without them, and have it start when they come', async () => {
    await post('lost', 'before')
    await deployShell(daemon, { service: 'loser', secrets: ['lost'], envVars: { grace_period: '1s' } })
    assert.equal((await read('loser', 'lost')).toString(), 'before')
    // What a restart of the host leaves, of a release in which a secret in use could be removed.
    await daemon.end('SIGTERM')
    loseSecret(daemon.dataDir, 'lost')
    await rm(daemon.runtimeDir, { recursive: true })
    await mkdir(daemon.runtimeDir)
    await docker('kill', ...(await daemon.containersOf('loser')))

    await daemon.launch({ SAMPAN_WAKE_TIMEOUT: '2s' })
    await daemon.whenHealthy()
    const reason = /its secret "lost" does not exist in namespace openfaas-fn/
    const answer = await daemon.call('loser', { method: 'POST', body: 'true' })
    assert.equal(answer.status, 503)
    assert.match(await answer.text(), reason)
    assert.match(await daemon.log(), /replica start failed, will retry.*its secret/)
    assert.deepEqual(await daemon.containersOf('loser'), [])

    await post('lost', 'after')
    await eventually(
      async () => (await daemon.containersOf('loser')).length === 1,
      20_000,
      'it runs when there is such a secret again',
    )
    assert.equal((await read('loser', 'lost')).toString(), 'after')
  })

  it('secrets that come again reach a replica that ran on meanwhile', async () => {
    await post('rotated', 'one')
    await deployShell(daemon, { service: 'stayer', secrets: ['rotated'] })
    assert.equal((await read('stayer', 'rotated')).toString(), 'one')
    const containers = await daemon.containersOf('stayer')
    await daemon.end('SIGTERM')
    loseSecret(daemon.dataDir, 'rotated')
    await daemon.launch()
    await daemon.whenHealthy()

    await post('rotated', 'two')

    await eventually(
      async () => (await read('stayer', 'rotated')).toString() === 'two',
      5_000,
      'the replica reads the new value',
    )
    assert.deepEqual(await daemon.containersOf('stayer'), containers)
  })

  it('secrets in real containers of one name differ between namespaces', async () => {
    await daemon.must('POST', '/system/namespace/', { name: 'e2e-other', labels: { openfaas: '1' } })
    await post('shared-name', 'here')
    await post('shared-name', 'there', 'e2e-other')
    const fields = { service: 'placed', secrets: ['shared-name'] }
    await deployShell(daemon, fields)
    await deployShell(daemon, { ...fields, namespace: 'e2e-other' })

    assert.equal((await read('placed', 'shared-name')).toString(), 'here')
    assert.equal((await read('placed.e2e-other', 'shared-name')).toString(), 'there')

    await daemon.remove('placed', 'e2e-other')
    await daemon.must('DELETE', '/system/secrets', { name: 'shared-name', namespace: 'e2e-other' })
    assert.equal((await read('placed', 'shared-name')).toString(), 'here')
  })

  it('secrets in real containers leave no byte behind: not in the data folder, not in containers, not in the log', async () => {
    const value = 'correct-horse-battery-staple-4711'
    await post('grepped', value)
    await deployShell(daemon, { service: 'user', secrets: ['grepped'], envVars: { OTHER: 'thing' } })
    assert.equal((await read('user', 'grepped')).toString(), value)
    const inspected = await docker('inspect', ...(await daemon.containers()))
    assert.match(inspected, /OTHER=thing/)
    assert.ok(!holds(Buffer.from(inspected), value), 'docker inspect shows the value')
    const atRest = await lookAtFiles(daemon.dataDir, (path) => readFile(path))
    assert.ok(!atRest.some(({ seen }) => holds(seen, value)), 'at rest')

    await Promise.all(
      ['reader', 'writer', 'watcher', 'placed', 'user', 'loser', 'stayer'].map((name) => daemon.remove(name)),
    )
    await eventually(
      async () => {
        return (await readdir(daemon.runtimeDir)).length === 0
      },
      30_000,
      'no secret lies in the runtime folder',
    )
    await daemon.must('DELETE', '/system/secrets', { name: 'grepped' })
    assert.equal(await daemon.end('SIGTERM'), 0)

    const files = await lookAtFiles(daemon.dataDir, (path) => readFile(path))
    assert.ok(files.length >= 3, 'registry, key and password at least')
    const found = files.filter(({ seen }) => holds(seen, value)).map(({ path }) => path)
    assert.deepEqual(found, [])
    assert.ok(!holds(Buffer.from(await daemon.log()), value), 'the log has the value')
  })
})

/** Connections past the daemon's; kept for the reason that `KEPT` in `registry/database.ts` gives. */
const kept: Sqlite.Database[] = []

/** Takes a secret out of a registry that no daemon has open, whoever uses it. */
function loseSecret(dataDir: string, name: string): void {
  const raw = new Sqlite(join(dataDir, 'registry.db'))
  kept.push(raw)
  raw.prepare('DELETE FROM secret WHERE name = ?').run(name)
  raw.close()
}

/** Whether `bytes` have the value, plain or as a secret's JSON would carry it. */
function holds(bytes: Buffer, value: string): boolean {
  return bytes.includes(value) || bytes.includes(Buffer.from(value).toString('base64'))
}
