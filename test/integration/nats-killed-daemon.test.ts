import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { describe, it } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { endOrphan, findOrphans, startOf } from '../../src/queue/nats/orphans.ts'
import { eventually } from '../fakes/eventually.ts'
import { RecordingLog } from '../fakes/recording-log.ts'
import { BUILT_SERVER, ownLink, serversIn, sessionOf, temporaryFolder } from '../fixtures/nats.ts'

const DAEMON = resolve(import.meta.dirname, '../fixtures/nats-daemon.js')

/** Started, and up. */
async function daemonOn(folder: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [DAEMON, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
  await eventually(() => said.includes('up'), 20_000, 'the daemon is up')
  return child
}

/** A server that nobody watches, on the folder of a link that stopped. */
async function orphanIn(folder: string): Promise<ChildProcess> {
  const link = ownLink(folder)
  link.start()
  await sessionOf(link)
  await link.stop()
  const child = spawn(BUILT_SERVER, ['-c', join(folder, 'nats.conf')], { stdio: 'ignore' })
  await once(child, 'spawn')
  return child
}

describe('a daemon that is killed', () => {
  it('takes its server with it, and the next one has what was answered', async () => {
    await using folder = await temporaryFolder()
    const daemon = await daemonOn(folder.path)
    assert.equal((await serversIn(folder.path)).length, 1)

    daemon.kill('SIGKILL')
    await once(daemon, 'exit')

    await using link = ownLink(folder.path)
    link.start()
    const session = await sessionOf(link)
    assert.equal((await session.jsm.streams.info('JOBS')).state.messages, 20)
    await eventually(async () => (await serversIn(folder.path)).length === 1)
  })

  it('leaves nothing when nobody comes after it', async () => {
    await using folder = await temporaryFolder()
    const daemon = await daemonOn(folder.path)

    daemon.kill('SIGKILL')

    await eventually(async () => (await serversIn(folder.path)).length === 0, 10_000, 'the server is gone')
  })

  it('ends its server when it is told to end', async () => {
    await using folder = await temporaryFolder()
    const daemon = await daemonOn(folder.path)
    const over = once(daemon, 'exit')

    daemon.kill('SIGTERM')

    assert.deepEqual(await over, [0, null])
    assert.deepEqual(await serversIn(folder.path), [])
  })
})

describe('a server that was left behind', () => {
  it('is ended by the next daemon on its folder, which then starts its own', async () => {
    await using folder = await temporaryFolder()
    const log = new RecordingLog()
    const orphan = await orphanIn(folder.path)
    const over = once(orphan, 'exit')

    await using link = ownLink(folder.path, { log })
    link.start()
    await sessionOf(link)

    await over
    assert.equal(log.named('nats-server of a daemon before is ended').length, 1)
    assert.equal((await serversIn(folder.path)).length, 1)
  })

  it('is left alone by a daemon on another folder', async () => {
    await using folder = await temporaryFolder()
    const orphan = await orphanIn(join(folder.path, 'one'))
    try {
      await using link = ownLink(join(folder.path, 'two'))
      link.start()
      await sessionOf(link)

      assert.equal(orphan.exitCode, null)
      assert.equal(orphan.signalCode, null)
    } finally {
      orphan.kill('SIGKILL')
      await once(orphan, 'exit')
    }
  })

  it('is not confused with other programs that name the same file', async () => {
    await using folder = await temporaryFolder()
    const configPath = join(folder.path, 'nats.conf')
    await writeFile(configPath, '')
    const reader = spawn('tail', ['-f', configPath], { stdio: 'ignore' })
    const checker = spawn('sh', ['-c', configPath, 'x'], { stdio: 'ignore' })
    await Promise.all([once(reader, 'spawn'), once(checker, 'spawn')])
    try {
      assert.deepEqual(await findOrphans({ configPath, folder: folder.path }), [])
    } finally {
      reader.kill('SIGKILL')
      checker.kill('SIGKILL')
      await once(reader, 'exit')
    }
  })

  it('is killed when it does not end, and a process that has its number since is not', async () => {
    await using folder = await temporaryFolder()
    const deaf = spawn('sh', ['-c', 'trap "" TERM; echo deaf; exec sleep 60'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    await once(deaf.stdout, 'data')
    const { pid = 0 } = deaf
    const over = once(deaf, 'exit')
    const never = new AbortController().signal

    await endOrphan({ pid, startedAt: 'another time' }, { clock: systemClock, patienceMs: 0 }, never)
    assert.equal(deaf.signalCode, null)

    const startedAt = startOf(await readFile(`/proc/${pid}/stat`, 'utf8')) ?? ''
    await endOrphan({ pid, startedAt }, { clock: systemClock, patienceMs: 50 }, never)
    assert.deepEqual(await over, [null, 'SIGKILL'])
    assert.deepEqual(await serversIn(folder.path), [])
  })
})
