import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { eventually } from '../fakes/eventually.ts'
import { skipWithoutDocker } from '../fixtures/images.ts'
import { temporaryFolder } from '../fixtures/nats.ts'
import { mayTrace, type SystemCall, SystemCalls } from '../fixtures/system-calls.ts'
import { DaemonProcess } from './daemon-process.ts'
import { natsPid } from './own-nats.ts'
import { deployShell } from './shell-function.ts'

const LARGE = 400_000
const CALL_ID = 'call-to-be-found'

const skip =
  (await skipWithoutDocker()) || ((await mayTrace()) ? false : 'needs strace, and the right to trace')

// A power cut loses what was not synced. So: whatever holds an accepted call was synced, and its name in its folder, before the 202.
describe('before an asynchronous call is answered with 202', { skip }, () => {
  it('its body is synced in the spool, and its message in the store of nats-server', async () => {
    await using folder = await temporaryFolder()
    await using daemon = await DaemonProcess.start({ SAMPAN_ASYNC: 'on' })
    await deployShell(daemon, { service: 'recorder' })
    await eventually(async () => (await accept(daemon, 'true')) === 202, 20_000, 'it is accepted')
    await eventually(async () => (await daemon.log()).includes('"nats connected"'), 20_000, 'NATS is up')
    const server = await natsPid(daemon)

    const watched = await SystemCalls.of([daemon.pid, server], join(folder.path, 'trace'))
    const status = await accept(daemon, `true # ${'x'.repeat(LARGE)}`)
    const calls = await watched.end()

    assert.equal(status, 202)
    const synced = spooled(calls, 'body')
    const stored = find(calls, /^pwrite64\(.*\.blk>.*call-to-be-found/, synced)
    const kept = find(calls, /^fsync\(.*\.blk>/, stored)
    assert.ok(kept.ended < answered(calls).began)
  })

  it('it is synced in the outbox, while there is no nats-server', async () => {
    await using folder = await temporaryFolder()
    await using daemon = await DaemonProcess.start({ SAMPAN_ASYNC: 'on', SAMPAN_NATS_SERVER: '/nowhere' })
    await deployShell(daemon, { service: 'recorder' })

    const watched = await SystemCalls.of([daemon.pid], join(folder.path, 'trace'))
    const status = await accept(daemon, 'true')
    const calls = await watched.end()

    assert.equal(status, 202)
    assert.ok(spooled(calls, 'outbox').ended < answered(calls).began)
  })
})

async function accept(daemon: DaemonProcess, body: string): Promise<number> {
  const headers = { 'x-call-id': CALL_ID }
  const answer = await fetch(`${daemon.url}/async-function/recorder`, { method: 'POST', body, headers })
  await answer.arrayBuffer()
  return answer.status
}

/** A file of the spool is synced, gets its name, and its folder is synced. Answers the last of these. */
function spooled(calls: readonly SystemCall[], kind: string): SystemCall {
  const written = find(calls, new RegExp(`^write\\(.*/spool/\\w+\\.${kind}\\.part>`))
  const synced = find(calls, new RegExp(`^fsync\\(.*/spool/\\w+\\.${kind}\\.part>`), written)
  const named = find(calls, new RegExp(`^rename.*/spool/\\w+\\.${kind}"`), synced)
  return find(calls, /^fsync\(.*\/spool>/, named)
}

function answered(calls: readonly SystemCall[]): SystemCall {
  return find(calls, /^(?:write|writev|sendto|sendmsg)\(.*HTTP\/1\.1 202 /)
}

/** The first that began when `before` was over. */
function find(calls: readonly SystemCall[], pattern: RegExp, before?: SystemCall): SystemCall {
  const from = before?.ended ?? -1
  const found = calls.find(({ text, began }) => began > from && pattern.test(text))
  const seen = calls.map(({ text }) => text.slice(0, 150)).slice(-60)
  return found ?? assert.fail(`nothing like ${pattern} after line ${from}:\n${seen.join('\n')}`)
}
