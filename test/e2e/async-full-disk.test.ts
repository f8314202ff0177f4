import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, readdir, rm, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { it } from 'node:test'
import { promisify } from 'node:util'
import { eventually } from '../fakes/eventually.ts'
import { skipWithoutDocker } from '../fixtures/images.ts'
import { isRoot, smallDisk, temporaryFolder } from '../fixtures/nats.ts'
import { growUntilFull } from '../fixtures/small-disk.ts'
import { CallbackReceiver } from './callback-receiver.ts'
import { DaemonProcess } from './daemon-process.ts'
import { messagesIn } from './own-nats.ts'
import { deployShell, shell } from './shell-function.ts'

const skip = (await skipWithoutDocker()) || (isRoot ? false : 'a disk of its own needs root')
const PATIENCE_MS = 60_000
const CALLS = 40
/** What must stay free is 200 MB, so a disk needs more for anything to be accepted. */
const DISK = '260m'

it(
  'a queue on a full disk accepts no call and loses none, calls with an answer go on, and room heals it (F4t)',
  { skip },
  async () => {
    await using folder = await temporaryFolder()
    await using _disk = await smallDisk(folder.path, DISK)
    const dataDir = join(folder.path, 'data')
    await mkdir(dataDir)
    using receiver = await CallbackReceiver.start()
    await using daemon = await DaemonProcess.start({
      SAMPAN_DATA_DIR: dataDir,
      SAMPAN_ASYNC: 'on',
      SAMPAN_ASYNC_MIN_WAIT: '100ms',
      SAMPAN_ASYNC_MAX_WAIT: '500ms',
      SAMPAN_CALLBACK_ALLOW: '127.0.0.1',
    })
    await deployShell(daemon, { service: 'recorder' })
    await daemon.must('POST', '/system/async/queues/faas-request/pause')
    for (let at = 0; at < CALLS; at += 1) {
      const { status } = await enqueue(daemon, `echo ${at} >>/tmp/runs`, receiver.url)
      assert.equal(status, 202)
    }

    // To the last byte, with calls that wait: their ends cannot be written down.
    const ballast = await fill(folder.path)
    await eventually(
      async () => (await enqueue(daemon, 'true')).status === 503,
      PATIENCE_MS,
      'none is accepted',
    )
    const refused = await enqueue(daemon, 'true')
    assert.match(refused.text, /the disk of \S+ has \d+ MB left/)
    assert.match(refused.retryAfter, /^[1-9]\d*$/)
    await daemon.api('POST', '/system/async/queues/faas-request/resume')
    assert.equal(await shell(daemon, 'recorder', 'echo goes on'), 'goes on\n')
    assert.equal((await fetch(`${daemon.url}/healthz`)).status, 200)

    await rm(ballast)
    await eventually(
      async () => (await enqueue(daemon, 'true')).status === 202,
      PATIENCE_MS,
      'it accepts again',
    )
    await daemon.must('POST', '/system/async/queues/faas-request/resume')
    await eventually(() => receiver.times.size === CALLS, PATIENCE_MS, 'each call is told of')
    const ran = new Set((await shell(daemon, 'recorder', 'cat /tmp/runs')).trim().split('\n'))
    assert.equal(ran.size, CALLS)
    await eventually(async () => (await leftOf(daemon)) === 0, PATIENCE_MS, 'nothing is left')
  },
)

async function enqueue(daemon: DaemonProcess, body: string, callback?: string) {
  const answer = await fetch(`${daemon.url}/async-function/recorder`, {
    method: 'POST',
    body,
    headers: callback === undefined ? {} : { 'x-callback-url': callback },
  })
  const retryAfter = answer.headers.get('retry-after') ?? ''
  return { status: answer.status, text: await answer.text(), retryAfter }
}

/** Takes all that is free: most of it at once, the rest until no byte more can be written. */
async function fill(folder: string): Promise<string> {
  const ballast = join(folder, 'ballast')
  const { bavail, bsize } = await statfs(folder)
  await promisify(execFile)('fallocate', ['-l', String(bavail * bsize - 4 * 1024 ** 2), ballast])
  await growUntilFull(ballast)
  return ballast
}

async function leftOf(daemon: DaemonProcess): Promise<number> {
  const counts = Object.values(await messagesIn(daemon))
  const files = await readdir(join(daemon.dataDir, 'spool'))
  return counts.reduce((sum, count) => sum + count, files.length)
}
