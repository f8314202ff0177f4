import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { FaasError } from '../../src/core/errors.ts'
import { eventually } from '../fakes/eventually.ts'
import { gate, QueueRig } from '../fixtures/queue-rig.ts'

const RETRY = {
  'com.openfaas.retry.attempts': '3',
  'com.openfaas.retry.codes': '500',
  'com.openfaas.retry.min_wait': '100ms',
  'com.openfaas.retry.max_wait': '1s',
}

describe('asynchronous calls', () => {
  it('a call runs once, with the bytes, the path and the call id that its caller gave (A1, A2, A6, A7)', async () => {
    await using rig = await QueueRig.start()
    rig.fn('echo', ({ body }) => ({ body }))
    const bytes = Uint8Array.from({ length: 256 }, (_, at) => at)

    const callId = await rig.call('echo', { body: bytes, path: '/a%20b/c%3Fd?x=1%262', callId: 'c1' })
    const row = await rig.ended(callId)

    assert.equal(callId, 'c1')
    const [seen, ...more] = rig.seen
    assert.deepEqual([...(seen?.body ?? [])], [...bytes])
    assert.deepEqual([seen?.call.path, seen?.call.callId, more.length], ['/a%20b/c%3Fd?x=1%262', 'c1', 0])
    assert.deepEqual([row.state, row.attempts, row.status], ['succeeded', 1, 200])
  })

  it('a call has a large body in a file, which is gone when the call has ended (A8)', async () => {
    await using rig = await QueueRig.start()
    const { open, passed } = gate()
    rig.fn('echo', async () => {
      await passed
      return {}
    })
    const body = Buffer.alloc(5 * 1024 * 1024, 7)

    const callId = await rig.call('echo', { body })
    await eventually(() => rig.seen.length === 1)
    assert.equal(rig.queue.parts.spool.usedBytes, body.length)
    open()
    await rig.ended(callId)

    assert.ok(rig.seen[0]?.body.equals(body))
    await eventually(() => rig.queue.parts.spool.usedBytes === 0)
  })

  it('a call is refused with the limit and the setting when its body is too large, however it is sent (A9)', async () => {
    await using rig = await QueueRig.start()
    rig.fn('echo', () => ({}))
    const most = rig.limits.mostBodyBytes
    async function* pieces() {
      for (let sent = 0; sent <= most; sent += 1024 * 1024) yield Buffer.alloc(1024 * 1024)
    }

    for (const body of [Buffer.alloc(most + 1), pieces()]) {
      await assert.rejects(rig.call('echo', { body }), {
        code: 'too-large',
        message: `the body is larger than ${most} bytes, the most that SAMPAN_ASYNC_MAX_BODY allows`,
      })
    }
    assert.deepEqual([rig.queue.parts.spool.usedBytes, rig.book.list({ limit: 10 })], [0, []])
  })

  it('a call of a function that does not exist is refused, and nothing is queued (A4)', async () => {
    await using rig = await QueueRig.start()

    await assert.rejects(rig.call('nope'), { code: 'not-found' })

    assert.deepEqual(rig.book.list({ limit: 10 }), [])
  })

  it('9.3, 18.3.11: a call is tried again until it succeeds (A12)', async () => {
    await using rig = await QueueRig.start()
    let runs = 0
    rig.fn('flaky', () => ({ status: (runs += 1) < 3 ? 500 : 200 }))

    const callId = await rig.call('flaky', { headers: ['X-Callback-Url', 'http://caller/'] })
    const row = await rig.ended(callId)
    await eventually(() => rig.callbacks.length === 1)

    assert.deepEqual([runs, row.state, row.attempts], [3, 'succeeded', 3])
    assert.deepEqual([rig.callbacks[0]?.status, rig.callbacks[0]?.retries], [200, 2])
    assert.deepEqual(
      rig.book.attempts(row.id).map(({ attempt, status }) => [attempt, status]),
      [
        [1, 500],
        [2, 500],
        [3, 200],
      ],
    )
  })

  it('a call that always fails ends among the dead letters after as many attempts as its owner wants (A13)', async () => {
    await using rig = await QueueRig.start()
    rig.fn('broken', () => ({ status: 500, body: 'out of ink' }), { annotations: RETRY })

    const callId = await rig.call('broken', { headers: ['X-Callback-Url', 'http://caller/'] })
    const row = await rig.ended(callId)
    await eventually(() => rig.callbacks.length === 1)

    const [first = 0, second = 0, third = 0, ...more] = rig.seen.map(({ atMs }) => atMs)
    assert.equal(more.length, 0)
    assert.ok(second - first >= 100 && third - second >= 100)
    assert.deepEqual([row.state, row.attempts, row.status, row.sequence], ['dead', 3, 500, 1])
    const [callback] = rig.callbacks
    assert.deepEqual([callback?.status, callback?.retries, callback?.retryMax], [500, 2, 2])
    assert.equal(Buffer.from(callback?.body as Uint8Array).toString(), 'out of ink')
  })

  it('a call is final when its answer is no reason to try again, as is a refusal by whoever (A14, A17)', async () => {
    await using rig = await QueueRig.start()
    rig.fn('missing', () => ({ status: 404 }))
    rig.fn('denied', () => ({ status: 401, headers: ['X-OpenFaaS-Internal', 'faas-middleware'] }))

    const ids = await Promise.all([rig.call('missing'), rig.call('denied')])
    const rows = await Promise.all(ids.map((id) => rig.ended(id)))

    assert.deepEqual(
      rows.map(({ state, status, attempts }) => [state, status, attempts]),
      [
        ['failed', 404, 1],
        ['failed', 401, 1],
      ],
    )
  })

  it('a call waits as long as the function asks for (A15)', async () => {
    await using rig = await QueueRig.start()
    let runs = 0
    rig.fn('later', () => ((runs += 1) === 1 ? { status: 429, headers: ['Retry-After', '1'] } : {}))

    const row = await rig.ended(await rig.call('later'))

    const [first = 0, second = 0] = rig.seen.map(({ atMs }) => atMs)
    assert.ok(second - first >= 1_000)
    assert.deepEqual([row.state, row.attempts], ['succeeded', 2])
  })

  it('a call that a replica has no room for is no attempt, and a busy function gets what it can take (A16)', async () => {
    await using rig = await QueueRig.start()
    let running = 0
    let refused = 0
    rig.fn('one-at-a-time', async () => {
      if (running > 0) {
        refused += 1
        return { status: 429, headers: ['X-OpenFaaS-Internal', 'faas-middleware'] }
      }
      running += 1
      await systemClock.sleep(20)
      running -= 1
      return {}
    })

    const ids = await Promise.all(Array.from({ length: 20 }, () => rig.call('one-at-a-time')))
    const rows = await Promise.all(ids.map((id) => rig.ended(id, 20_000)))

    assert.ok(rows.every(({ state, attempts }) => state === 'succeeded' && attempts === 1))
    assert.ok(refused <= 6, `${refused} refusals`)
  })

  it('a call that nobody can take waits, is no attempt, and runs once somebody can', async () => {
    await using rig = await QueueRig.start()
    let isThere = false
    rig.fn('asleep', () => {
      if (!isThere) throw new FaasError('unavailable', 'no replica in time')
      return {}
    })

    const callId = await rig.call('asleep')
    await eventually(() => rig.row(callId).deferrals >= 2)
    const { attempts, error } = rig.row(callId)
    isThere = true
    const row = await rig.ended(callId)

    assert.deepEqual([attempts, error, row.state, row.attempts], [0, 'no replica in time', 'succeeded', 1])
  })

  it('a call that takes longer than the server waits for a word is not made twice (A18)', async () => {
    await using rig = await QueueRig.start({ limits: { ackWaitMs: 600 } })
    rig.fn('slow', async () => {
      await systemClock.sleep(2_000)
      return {}
    })

    const row = await rig.ended(await rig.call('slow'))

    assert.deepEqual([rig.seen.length, row.attempts, row.state], [1, 1, 'succeeded'])
  })

  it('a call is made later when its caller wants that, and not at all when its time is over before', async () => {
    await using rig = await QueueRig.start()
    rig.fn('echo', () => ({}))
    const beganMs = systemClock.wall()

    const late = await rig.call('echo', { headers: ['X-Async-Delay', '700ms'] })
    await rig.ended(late)
    assert.ok((rig.seen[0]?.atMs ?? 0) - beganMs >= 700)

    rig.queue.parts.paused.add('faas-request')
    const stale = await rig.call('echo', { headers: ['X-Async-Ttl', '100ms'] })
    await eventually(() => systemClock.wall() > rig.row(stale).expiresAtMs)
    rig.queue.parts.paused.clear()
    rig.queue.reconsider()
    const row = await rig.ended(stale)

    assert.deepEqual([row.state, row.attempts, rig.seen.length], ['expired', 0, 1])
  })

  it('a call of a function that was removed goes to the dead letters (A35)', async () => {
    await using rig = await QueueRig.start()
    rig.fn('gone', () => ({}))
    rig.queue.parts.paused.add('faas-request')
    const ids = await Promise.all([1, 2, 3].map(() => rig.call('gone')))

    rig.functions.clear()
    rig.queue.parts.paused.clear()
    rig.queue.reconsider()
    const rows = await Promise.all(ids.map((id) => rig.ended(id)))

    assert.deepEqual(
      rows.map(({ state, attempts, error }) => [state, attempts, error]),
      Array(3).fill(['dead', 0, 'function gone.openfaas-fn does not exist']),
    )
    assert.deepEqual([...rig.queue.figures.dead], [['function_not_found', 3]])
  })
})
