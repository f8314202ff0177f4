import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { jetstream } from '@nats-io/jetstream'
import { functionName } from '../../src/core/functions/function-name.ts'
import { eventually } from '../fakes/eventually.ts'
import { gate, QueueRig } from '../fixtures/queue-rig.ts'

const RETRY_LATE = { 'com.openfaas.retry.min_wait': '300ms', 'com.openfaas.retry.max_wait': '300ms' }

describe('asynchronous calls can be managed:', () => {
  it('one that waits is cancelled, and never made (A25)', async () => {
    await using rig = await QueueRig.start()
    rig.fn('echo', () => ({}))
    await rig.queue.admin.pause('faas-request')
    const callId = await rig.call('echo', { body: Buffer.alloc(300_000) })

    await rig.queue.cancel(callId)
    const other = await rig.call('echo')
    await rig.queue.admin.resume('faas-request')
    await rig.ended(other)

    assert.deepEqual([rig.row(callId).state, rig.seen.length], ['cancelled', 1])
    assert.equal(rig.queue.parts.spool.usedBytes, 0)
    await eventually(() => rig.queue.backlogOf(functionName('echo')) === 0)
  })

  it('one that waits for its retry is cancelled, and not delivered again (A26)', async () => {
    await using rig = await QueueRig.start()
    rig.fn('broken', () => ({ status: 500 }), { annotations: RETRY_LATE })
    const callId = await rig.call('broken')
    await eventually(() => rig.row(callId).state === 'waiting')

    await rig.queue.cancel(callId)

    assert.equal(rig.row(callId).state, 'cancelled')
    const left = async () => (await rig.link.session?.jsm.streams.info('FAAS_ASYNC'))?.state.messages
    await eventually(async () => (await left()) === 0)
  })

  it('those that are put off are nothing to do yet, until they are nearly due, and those of a paused queue neither', async () => {
    await using rig = await QueueRig.start()
    const { open, passed } = gate()
    rig.fn('slow', async () => {
      await passed
      return {}
    })
    const late = await rig.call('slow', { headers: ['X-Async-Delay', '1h'] })
    const backlog = (): number => rig.queue.backlogOf(functionName('slow'))
    const stored = (): number => [...rig.queue.parts.calls.lanes()][0]?.stored ?? 0
    await eventually(() => stored() === 1)
    assert.equal(backlog(), 0)

    await rig.call('slow', { headers: ['X-Async-Delay', '4s'] })
    const runs = await rig.call('slow')
    await eventually(() => rig.seen.length === 1 && stored() === 3)
    assert.equal(backlog(), 2)
    await rig.queue.admin.pause('faas-request')
    assert.equal(backlog(), 1)
    open()
    await rig.ended(runs)

    await eventually(() => backlog() === 0)
    assert.equal(rig.row(late).state, 'queued')
  })

  it('one that runs is ended, and not tried again (A27)', async () => {
    await using rig = await QueueRig.start()
    let isAborted = false
    rig.fn('slow', (_seen, signal) => {
      signal.addEventListener('abort', () => (isAborted = true))
      return new Promise(() => {})
    })
    const callId = await rig.call('slow')
    await eventually(() => rig.seen.length === 1)

    await rig.queue.cancel(callId)

    await eventually(() => rig.queue.parts.calls.running === 0)
    assert.deepEqual([isAborted, rig.row(callId).state, rig.seen.length], [true, 'cancelled', 1])
    assert.equal((await rig.link.session?.jsm.streams.info('FAAS_ASYNC'))?.state.messages, 0)
  })

  it('one that nobody knows cannot be cancelled, nor one that has ended (A28)', async () => {
    await using rig = await QueueRig.start()
    rig.fn('echo', () => ({}))
    const callId = await rig.call('echo')
    await rig.ended(callId)

    await assert.rejects(rig.queue.cancel('nobody'), { code: 'not-found' })
    await assert.rejects(rig.queue.cancel(callId), { code: 'conflict' })
  })

  it('one with the same idempotency key is the same one, also at the same time (A29)', async () => {
    await using rig = await QueueRig.start()
    rig.fn('echo', () => ({}))
    const headers = ['Idempotency-Key', 'k']
    const asked = {
      rawHeaders: headers,
      fn: 'echo',
      method: 'POST',
      path: '/',
      body: null,
      length: 0,
      queue: '',
    }
    const from = { startTime: '1', forwardedFor: null, forwardedHost: null }

    const [one, two] = await Promise.all(
      ['c1', 'c2'].map((callId) => rig.queue.accept({ ...asked, ...from, callId })),
    )
    await rig.ended('c1')
    const three = await rig.queue.accept({ ...asked, ...from, callId: 'c3' })

    assert.deepEqual(one, { callId: 'c1', isDuplicate: false })
    assert.deepEqual([two, three], Array(2).fill({ callId: 'c1', isDuplicate: true }))
    assert.equal(rig.seen.length, 1)
  })

  it('ones that only share a call id are two (A30)', async () => {
    await using rig = await QueueRig.start()
    rig.fn('echo', () => ({}))

    for (const callId of ['same', 'same']) await rig.call('echo', { callId })
    await eventually(() => rig.book.byCallId('same').every(({ state }) => state === 'succeeded'))

    assert.equal(rig.seen.length, 2)
  })

  it('those of a queue with a limit of its own keep to it, and others do not care (A32)', async () => {
    await using rig = await QueueRig.start({ limits: { perQueue: new Map([['q2', 1]]) } })
    let inQ2 = 0
    let most = 0
    const { open, passed } = gate()
    for (const name of ['one', 'two']) {
      rig.fn(
        name,
        async () => {
          inQ2 += 1
          most = Math.max(most, inQ2)
          await passed
          inQ2 -= 1
          return {}
        },
        { annotations: { 'com.openfaas.queue': 'q2' } },
      )
    }
    rig.fn('other', () => ({}))

    const ids = await Promise.all([1, 2, 3, 4, 5].map((at) => rig.call(at % 2 === 0 ? 'one' : 'two')))
    await rig.ended(await rig.call('other'))
    assert.equal(most, 1)
    open()
    const rows = await Promise.all(ids.map((id) => rig.ended(id)))

    assert.deepEqual([most, rows.map(({ queue }) => queue)], [1, Array(5).fill('q2')])
  })

  it('a dead letter is looked at, and made again with the same call id and its body (A33)', async () => {
    await using rig = await QueueRig.start()
    let isMended = false
    rig.fn('broken', () => (isMended ? {} : { status: 500, body: 'out of ink' }))
    const body = Buffer.alloc(300_000, 5)
    const callId = await rig.call('broken', { body })
    const { id } = await rig.ended(callId)
    const letters = rig.queue.parts.deadLetters
    const { death } = await letters.get(id)
    assert.deepEqual(
      [death.reason, death.attempts, atob(death.answer)],
      ['attempts_exhausted', 3, 'out of ink'],
    )
    isMended = true

    assert.equal(await letters.replay(id), callId)
    const row = await rig.ended(callId)

    assert.notEqual(row.id, id)
    assert.deepEqual([row.state, row.attempts], ['succeeded', 1])
    assert.ok(rig.seen.at(-1)?.body.equals(body))
    await assert.rejects(letters.get(id), { code: 'not-found' })
    await eventually(() => rig.queue.parts.spool.usedBytes === 0)
  })

  it('dead letters of one function are removed, and those of another stay (A34)', async () => {
    await using rig = await QueueRig.start({ limits: { retry: { ...NEVER, attempts: 1 } } })
    for (const name of ['a', 'b']) rig.fn(name, () => ({ status: 500 }))
    const ids = await Promise.all(Array.from({ length: 200 }, (_, at) => rig.call(at % 2 === 0 ? 'a' : 'b')))
    await Promise.all(ids.map((id) => rig.ended(id, 20_000)))

    const count = await rig.queue.parts.deadLetters.each({ fn: functionName('a') }, 'remove')

    const left = rig.book.list({ isDead: true, limit: 1_000 })
    assert.deepEqual(
      [count, left.length, new Set(left.map(({ fn }) => fn))],
      [100, 100, new Set(['b.openfaas-fn'])],
    )
    assert.equal((await rig.link.session?.jsm.streams.info('FAAS_DLQ'))?.state.messages, 100)
  })

  it('an answer is kept for whoever wants that', async () => {
    await using rig = await QueueRig.start()
    const { open, passed } = gate()
    rig.fn('echo', async ({ body }) => {
      await passed
      return { status: 201, body, headers: ['Content-Type', 'text/x'] }
    })
    const callId = await rig.call('echo', { body: 'hi', headers: ['X-Async-Store', '1'] })
    assert.equal(await rig.queue.admin.result(callId), null)
    open()
    await rig.ended(callId)

    const result = await rig.queue.admin.result(callId)
    const chunks: Uint8Array[] = []
    for await (const chunk of result?.chunks ?? []) chunks.push(chunk)
    assert.deepEqual([result?.status, result?.rawHeaders, result?.size], [201, ['Content-Type', 'text/x'], 2])
    assert.equal(Buffer.concat(chunks).toString(), 'hi')
    const other = await rig.call('echo')
    await rig.ended(other)
    await assert.rejects(rig.queue.admin.result(other), { code: 'not-found', message: /X-Async-Store: 1/ })
  })

  it('a paused queue stays so over a restart, and is emptied when that is wanted', async () => {
    await using rig = await QueueRig.start()
    rig.fn('echo', () => ({}))
    await rig.queue.admin.pause('faas-request')
    const ids = await Promise.all([1, 2, 3].map(() => rig.call('echo')))

    await rig.restart()
    const [report] = rig.queue.admin.queues()
    assert.deepEqual([report?.queue, report?.isPaused], ['faas-request', true])
    assert.equal(await rig.queue.admin.purge('faas-request', functionName('echo')), 3)

    assert.deepEqual([ids.map((id) => rig.row(id).state), rig.seen.length], [Array(3).fill('cancelled'), 0])
  })

  it('a call in OpenFaaS’s own form that another program publishes is made (A39)', async () => {
    await using rig = await QueueRig.start()
    rig.fn('echo', () => ({}))
    const { nc } = rig.link.session ?? assert.fail()
    const message = {
      Header: { 'X-Call-Id': ['c9'], 'Content-Type': ['text/plain'] },
      Host: 'gateway:8080',
      Body: Buffer.from([0, 255, 10]).toString('base64'),
      Method: 'PUT',
      Path: '/a b/c',
      QueryString: 'x=1',
      Function: 'echo',
      CallbackUrl: { Scheme: 'http', Host: 'caller:9', Path: '/done', User: {}, RawQuery: 'k=v' },
    }

    await jetstream(nc).publish('faas-request', JSON.stringify(message))
    await jetstream(nc).publish('faas-request', '{"Function":"nope"}')
    await jetstream(nc).publish('faas-request', 'no JSON')
    await rig.ended('c9').catch(() => eventually(() => rig.callbacks.length === 1))
    await eventually(() => rig.callbacks.length === 1)

    const [seen] = rig.seen
    assert.deepEqual(
      [seen?.call.method, seen?.call.path, [...(seen?.body ?? [])]],
      ['POST', '/a%20b/c?x=1', [0, 255, 10]],
    )
    assert.equal(rig.callbacks[0]?.url, 'http://caller:9/done?k=v')
    const drained = async () =>
      (await rig.link.session?.jsm.streams.info('FAAS_INGEST'))?.state.messages === 0
    await eventually(drained)
  })
})

const NEVER = { codes: new Set([500]), minWaitMs: 10, maxWaitMs: 10, jitter: 'none' } as const
