import assert from 'node:assert/strict'
import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { FaasError } from '../../src/core/errors.ts'
import { functionName } from '../../src/core/functions/function-name.ts'
import { Outbox } from '../../src/queue/accept/outbox.ts'
import type { Job } from '../../src/queue/job/job.ts'
import { jobId } from '../../src/queue/job/job-id.ts'
import { Spool } from '../../src/queue/spool.ts'
import { RecordingLog } from '../fakes/recording-log.ts'
import { temporaryFolder } from '../fixtures/nats.ts'

function jobOf(at: number, bytes = 10): Job {
  return {
    id: jobId(1_700_000_000_000 + at),
    callId: `c${at}`,
    fn: functionName('echo'),
    queue: 'q',
    method: 'POST',
    path: '/',
    rawHeaders: [],
    forwardedFor: null,
    forwardedHost: null,
    startTime: '1',
    callback: null,
    keepsResult: false,
    idempotencyKey: null,
    enqueuedAtMs: at,
    notBeforeMs: 0,
    expiresAtMs: 1e15,
    body: Buffer.alloc(bytes),
  }
}

async function outboxOf(dir: string, most = { jobs: 3, bytes: 10_000 }) {
  const spool = new Spool(dir, 1_000_000)
  const published: string[] = []
  const state = {
    fails: new Set<string>(),
    code: 'unavailable' as 'unavailable' | 'too-large',
    unwanted: new Set<string>(),
  }
  const outbox = new Outbox({
    spool,
    log: new RecordingLog(),
    most,
    publish: async ({ id, callId }) => {
      if (state.fails.has(id)) throw new FaasError(state.code, 'no')
      published.push(callId)
    },
    isWanted: (id) => !state.unwanted.has(id),
  })
  await outbox.open(await spool.open())
  return { outbox, spool, published, state }
}

describe('the outbox', () => {
  it('keeps calls over a restart, and hands them over in their order', async () => {
    await using folder = await temporaryFolder()
    const { outbox } = await outboxOf(folder.path)
    for (const at of [2, 1, 3]) await outbox.add(jobOf(at))
    assert.deepEqual([outbox.size, outbox.isFull], [3, true])

    const next = await outboxOf(folder.path)
    assert.deepEqual([next.outbox.size, next.outbox.isFull], [3, true])
    await Promise.all([next.outbox.drain(), next.outbox.drain()])

    assert.deepEqual(next.published, ['c1', 'c2', 'c3'])
    assert.deepEqual([next.outbox.size, next.outbox.isFull, readdirSync(folder.path)], [0, false, []])
  })

  it('stops at one that cannot be taken now, and goes on with it the next time', async () => {
    await using folder = await temporaryFolder()
    const { outbox, published, state } = await outboxOf(folder.path)
    const jobs = [jobOf(1), jobOf(2), jobOf(3)]
    for (const job of jobs) await outbox.add(job)
    state.fails.add(jobs[1]?.id ?? '')

    await outbox.drain()
    assert.deepEqual([published, outbox.size], [['c1'], 2])
    state.fails.clear()
    await outbox.drain()

    assert.deepEqual([published, outbox.size], [['c1', 'c2', 'c3'], 0])
  })

  it('is not held up by one that never will be taken, is damaged, is gone or is not wanted', async () => {
    await using folder = await temporaryFolder()
    const { outbox, published, state } = await outboxOf(folder.path, { jobs: 9, bytes: 100_000 })
    const jobs = [1, 2, 3, 4, 5].map((at) => jobOf(at))
    for (const job of jobs) await outbox.add(job)
    const [never, damaged, gone, unwanted] = jobs.map(({ id }) => id)
    state.code = 'too-large'
    state.fails.add(never ?? '')
    writeFileSync(join(folder.path, `${damaged}.outbox`), 'rubbish')
    rmSync(join(folder.path, `${gone}.outbox`))
    state.unwanted.add(unwanted ?? '')

    await outbox.drain()

    assert.deepEqual([published, outbox.size], [['c5'], 1])
    assert.deepEqual(readdirSync(folder.path), [`${never}.outbox`])
  })

  it('is full by number and by bytes, also while calls are being written down', async () => {
    await using folder = await temporaryFolder()
    const byNumber = await outboxOf(folder.path, { jobs: 2, bytes: 100_000 })
    const adding = [byNumber.outbox.add(jobOf(1)), byNumber.outbox.add(jobOf(2))]
    assert.equal(byNumber.outbox.isFull, true)
    await Promise.all(adding)
    await byNumber.outbox.drain()

    const byBytes = await outboxOf(folder.path, { jobs: 100, bytes: 2_000 })
    const one = byBytes.outbox.add(jobOf(3, 2_000))
    assert.equal(byBytes.outbox.isFull, true)
    await one
    await byBytes.outbox.drain()
    assert.equal(byBytes.outbox.isFull, false)
  })

  it('has nothing of a call that could not be written', async () => {
    await using folder = await temporaryFolder()
    const { outbox, spool } = await outboxOf(folder.path)
    spool.write = () => Promise.reject(new Error('ENOSPC'))

    await assert.rejects(outbox.add(jobOf(1, 9_000)), /ENOSPC/)

    assert.deepEqual([outbox.size, outbox.isFull], [0, false])
  })
})
