import assert from 'node:assert/strict'
import { createReadStream } from 'node:fs'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { execFile } from 'node:child_process'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { restore } from '../../src/backup/restore.ts'
import { systemClock } from '../../src/clock.ts'
import { jsonLog } from '../../src/log.ts'
import { openRegistry } from '../../src/registry/registry.ts'
import { eventually } from '../fakes/eventually.ts'
import { skipWithoutDocker, testImage } from '../fixtures/images.ts'
import { DaemonProcess } from './daemon-process.ts'
import { messagesIn } from './own-nats.ts'

const run = promisify(execFile)
const CLI = resolve('dist/src/cli/main.js')

/** Bodies above this lie in the spool. */
const LARGE = 'x'.repeat(400_000)
const QUEUE = 'faas-request'

describe('a backup of a running daemon', { skip: await skipWithoutDocker() }, () => {
  let folder: string
  before(async () => void (folder = await mkdtemp(join(tmpdir(), 'sampan-e2e-'))))
  after(() => rm(folder, { recursive: true }))

  /** Runs the command line against a daemon. */
  async function sampan(daemon: DaemonProcess, ...words: readonly string[]): Promise<string> {
    const env = {
      PATH: process.env['PATH'] ?? '',
      HOME: folder,
      OPENFAAS_URL: daemon.url,
      SAMPAN_DATA_DIR: daemon.dataDir,
    }
    const { stdout, stderr } = await run(process.execPath, [CLI, ...words], { env })
    return stdout + stderr
  }

  it('cases 28 to 31: is one state of it while it is written to, and brings functions, secrets and waiting calls back', async () => {
    await using daemon = await DaemonProcess.start({ SAMPAN_ASYNC: 'on' })
    const image = await testImage('fn')
    await daemon.must('POST', '/system/secrets', { name: 'token', value: 'sealed' })
    await daemon.deploy({ service: 'kept', image, secrets: ['token'] })
    await eventually(async () => (await daemon.log()).includes('"nats connected"'), 20_000, 'NATS is up')
    await daemon.must('POST', `/system/async/queues/${QUEUE}/pause`)
    for (const body of ['one', 'two', LARGE]) await later(daemon, body)
    await run(
      'sh',
      [
        '-c',
        `"$0" "$1" login --password-stdin < "$2"`,
        process.execPath,
        CLI,
        join(daemon.dataDir, 'basic-auth-password'),
      ],
      { env: { PATH: process.env['PATH'] ?? '', HOME: folder, OPENFAAS_URL: daemon.url } },
    )

    const file = join(folder, 'backup.tar')
    await whileWritten(daemon, async () => {
      for (let at = 0; at < 3; at += 1) {
        assert.match(await sampan(daemon, 'backup', file), /holds every secret/)
        await opens(file, join(folder, `copy-${at}`))
      }
    })
    assert.equal((await stat(file)).mode & 0o777, 0o600)
    await assert.rejects(sampan(daemon, 'restore', file, '--replace'), /The daemon runs on .*: stop it first/)

    // What happens after it is not in it.
    await later(daemon, 'after')
    await daemon.remove('kept')
    await eventually(async () => (await daemon.containers()).length === 0, 60_000, 'its container is gone')
    await daemon.end('SIGKILL')
    const said = await sampan(daemon, 'restore', file, '--replace')
    assert.match(said, /What was there before is in/)
    await daemon.launch()
    await daemon.whenHealthy()

    await eventually(
      async () => (await daemon.call('kept/id')).status === 200,
      60_000,
      'the function is back',
    )
    await eventually(
      async () => (await daemon.log()).includes('"streams put back"'),
      20_000,
      'the calls are back',
    )
    assert.equal((await messagesIn(daemon))['FAAS_ASYNC'], 3)
    await daemon.must('POST', `/system/async/queues/${QUEUE}/resume`)
    await eventually(
      async () => (await statesOf(daemon)).filter((state) => state === 'succeeded').length === 3,
      30_000,
      'the calls that waited are made',
    )
  })
})

/** Accepts a call for later. */
async function later(daemon: DaemonProcess, body: string): Promise<void> {
  const answer = await fetch(`${daemon.url}/async-function/kept`, { method: 'POST', body })
  assert.equal(answer.status, 202, await answer.text())
}

async function statesOf(daemon: DaemonProcess): Promise<readonly string[]> {
  const answer = await daemon.api('GET', '/system/async/calls?limit=100')
  const { calls } = (await answer.json()) as { calls: readonly { readonly state: string }[] }
  return calls.map(({ state }) => state)
}

/** Changes the registry all the time. */
async function whileWritten(daemon: DaemonProcess, work: () => Promise<void>): Promise<void> {
  let isOver = false
  const writing = (async () => {
    for (let at = 0; !isOver; at += 1)
      await daemon.must('PUT', '/system/secrets', { name: 'token', value: `sealed ${at}` })
  })()
  try {
    await work()
  } finally {
    isOver = true
    await writing
  }
}

/** Everything in it is whole, and its key opens its secrets. */
async function opens(file: string, dataDir: string): Promise<void> {
  const { manifest } = await restore({
    archive: createReadStream(file),
    dataDir,
    replaces: false,
    nowMs: systemClock.wall(),
  })
  const registry = openRegistry(
    dataDir,
    jsonLog('error', () => undefined),
  )
  try {
    assert.equal(registry.functions.all().length, 1)
    assert.match(registry.secrets.value('openfaas-fn', 'token')?.toString() ?? '', /^sealed/)
  } finally {
    registry.close()
  }
  assert.deepEqual(
    manifest.images.map(({ functions }) => functions),
    [['kept.openfaas-fn']],
  )
  assert.equal(manifest.files.filter(({ path }) => path.endsWith('.body')).length, 1)
}
