import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { eventually } from '../fakes/eventually.ts'
import { serversIn, sessionOf } from '../fixtures/nats.ts'
import { gate, QueueRig } from '../fixtures/queue-rig.ts'

async function killServer(rig: QueueRig): Promise<void> {
  const before = rig.link.session
  for (const pid of await serversIn(rig.folder)) process.kill(pid, 'SIGKILL')
  await eventually(() => rig.link.session !== before, 10_000, 'the session has gone')
}

/** Ends the server, and keeps it from coming back until the answer is called. */
async function withoutServer(rig: QueueRig): Promise<() => Promise<void>> {
  await rig.link.stop()
  return async () => {
    rig.linkAgain()
    await sessionOf(rig.link)
  }
}

/** As if the server had sent messages, and nobody had got them. */
async function loseDeliveries(rig: QueueRig, consumer: string, count: number): Promise<void> {
  const { nc } = rig.link.session ?? {}
  for (let at = 0; at < count; at += 1) {
    const wish = JSON.stringify({ batch: 1, no_wait: true })
    const message = await nc?.request(`$JS.API.CONSUMER.MSG.NEXT.FAAS_ASYNC.${consumer}`, wish, {
      noMux: true,
      timeout: 5_000,
    })
    assert.match(message?.reply ?? '', /^\$JS\.ACK\./)
  }
}

describe('what happens to asynchronous calls', () => {
  it('when the daemon is killed while one runs: it runs again, and ends once (A19)', async () => {
    await using rig = await QueueRig.start({ limits: { ackWaitMs: 700 } })
    const { open, passed } = gate()
    rig.fn('slow', async () => {
      if (rig.seen.length === 1) await passed
      return {}
    })
    const callId = await rig.call('slow', { headers: ['X-Callback-Url', 'http://caller/'] })
    await eventually(() => rig.seen.length === 1)

    await rig.restart()
    const row = await rig.ended(callId)
    open()
    await eventually(() => rig.callbacks.length > 0)

    assert.deepEqual([rig.seen.length, row.attempts, row.state, rig.callbacks.length], [2, 2, 'succeeded', 1])
  })

  it('when one kills the daemon each time: it ends among the dead letters (A20)', async () => {
    await using rig = await QueueRig.start({ limits: { ackWaitMs: 300 } })
    rig.fn('poison', () => new Promise(() => {}))
    const callId = await rig.call('poison')
    for (let run = 1; run <= 3; run += 1) {
      await eventually(() => rig.row(callId).attempts === run)
      await rig.restart()
    }

    const row = await rig.ended(callId)

    assert.deepEqual([row.state, row.attempts, rig.seen.length], ['dead', 3, 3])
    assert.deepEqual([...rig.queue.figures.dead], [['interrupted', 1]])
  })

  it('when nats-server is killed while one waits for its retry: it is made in its time (A21)', async () => {
    await using rig = await QueueRig.start({ random: () => 0 })
    let runs = 0
    rig.fn('flaky', () => ({ status: (runs += 1) === 1 ? 500 : 200 }), {
      annotations: { 'com.openfaas.retry.min_wait': '4s', 'com.openfaas.retry.max_wait': '4s' },
    })
    const callId = await rig.call('flaky')
    await eventually(() => rig.row(callId).state === 'waiting')

    await killServer(rig)
    const row = await rig.ended(callId, 20_000)

    const [first = 0, second = 0] = rig.seen.map(({ atMs }) => atMs)
    assert.ok(second - first >= 4_000 && second - first < 12_000, `${second - first} ms`)
    assert.deepEqual([row.state, row.attempts], ['succeeded', 2])
  })

  it('when nats-server is killed while they run: each runs to its end, once', async () => {
    await using rig = await QueueRig.start()
    const { open, passed } = gate()
    rig.fn('slow', async () => {
      await passed
      return {}
    })
    const ids = await Promise.all(Array.from({ length: 10 }, () => rig.call('slow')))
    await eventually(() => rig.seen.length > 0)

    await killServer(rig)
    open()
    const rows = await Promise.all(ids.map((id) => rig.ended(id, 20_000)))

    assert.ok(rows.every(({ state, attempts }) => state === 'succeeded' && attempts === 1))
    assert.equal(rig.seen.length, 10)
    await eventually(() => rig.queue.backlogOf('slow.openfaas-fn' as never) === 0, 20_000)
  })

  it('when a delivery is lost with its connection: it comes again at once, and nothing runs twice', async () => {
    // So long that nobody can have waited for it.
    await using rig = await QueueRig.start({ limits: { ackWaitMs: 60_000 } })
    const { open, passed } = gate()
    rig.fn('slow', async () => {
      await passed
      return {}
    })
    const ids = await Promise.all(Array.from({ length: 10 }, () => rig.call('slow')))
    await eventually(() => rig.seen.length === 1)
    await loseDeliveries(rig, 'q_faas-request__openfaas-fn__slow', 5)

    await killServer(rig)
    open()
    const rows = await Promise.all(ids.map((id) => rig.ended(id, 20_000)))

    assert.ok(rows.every(({ state, attempts }) => state === 'succeeded' && attempts === 1))
    assert.equal(rig.seen.length, 10)
  })

  it('when nats-server stores one and does not say so: it is refused, and runs with its large body all the same', async () => {
    await using rig = await QueueRig.start({ limits: { outbox: { jobs: 0, bytes: 0 } } })
    rig.fn('echo', () => ({}))
    const [server = 0] = await serversIn(rig.folder)
    process.kill(server, 'SIGSTOP')
    const body = Buffer.alloc(rig.limits.inlineBytes + 1, 'x')

    await assert.rejects(rig.call('echo', { body }), { code: 'unavailable' })
    process.kill(server, 'SIGCONT')
    await eventually(() => rig.seen.length === 1, 20_000)

    assert.ok(rig.seen[0]?.body.equals(body))
    await eventually(() => rig.queue.parts.spool.usedBytes === 0)
  })

  it('when nats-server is away: they wait on the disk, and run once it is back (A22)', async () => {
    await using rig = await QueueRig.start()
    rig.fn('echo', () => ({}))
    const comeBack = await withoutServer(rig)

    const ids = await Promise.all(Array.from({ length: 10 }, (_, at) => rig.call('echo', { body: `${at}` })))
    assert.equal(rig.queue.parts.outbox.size, 10)
    await rig.restart()
    assert.equal(rig.queue.parts.outbox.size, 10)
    await comeBack()
    await rig.restart()

    await Promise.all(ids.map((id) => rig.ended(id, 20_000)))
    assert.deepEqual(
      rig.seen.map(({ body }) => Number(body.toString())).toSorted((a, b) => a - b),
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    )
    const { outbox, spool } = rig.queue.parts
    await eventually(() => outbox.size === 0 && spool.usedBytes === 0)
  })

  it('when more come than can wait for nats-server: they are refused, with the reason and a time (A23)', async () => {
    await using rig = await QueueRig.start({ limits: { outbox: { jobs: 2, bytes: 1_000_000 } } })
    rig.fn('echo', () => ({}))
    await withoutServer(rig)
    await Promise.all([rig.call('echo'), rig.call('echo')])

    const refusal = {
      code: 'unavailable',
      retryAfterS: 5,
      message: /asynchronous calls cannot be taken now: \S/,
    }
    await assert.rejects(rig.call('echo'), refusal)
  })

  it('when the daemon is told to end: what runs may end, and what does not is handed back (A36)', async () => {
    await using rig = await QueueRig.start()
    const { open, passed } = gate()
    rig.fn('short', async () => {
      await passed
      return {}
    })
    rig.fn('endless', () => (rig.seenOf('endless').length === 1 ? new Promise(() => {}) : {}))
    const short = await rig.call('short')
    const endless = await rig.call('endless')
    await eventually(() => rig.seen.length === 2)

    const deadline = new AbortController()
    const stopped = rig.queue.stop(deadline.signal)
    open()
    await eventually(() => rig.row(short).state === 'succeeded')
    deadline.abort()
    await stopped
    assert.deepEqual([rig.row(endless).state, rig.row(endless).attempts], ['waiting', 0])
    await rig.restart({ isKilled: false })
    const row = await rig.ended(endless)

    assert.deepEqual([row.attempts, rig.seenOf('short').length], [1, 1])
  })

  it('when the book is lost: those that wait run all the same, and dead letters are known again', async () => {
    await using rig = await QueueRig.start()
    rig.fn('echo', () => ({}))
    rig.fn('broken', () => ({ status: 500 }))
    const dead = await rig.call('broken')
    const { id } = await rig.ended(dead)
    rig.queue.parts.paused.add('faas-request')
    const callId = await rig.call('echo')

    await rig.restart({ isBookLost: true })
    const row = await rig.ended(callId)
    await eventually(() => rig.book.get(id)?.state === 'dead')

    assert.deepEqual([row.state, row.attempts], ['succeeded', 1])
    const { job, death } = await rig.queue.parts.deadLetters.get(id)
    assert.deepEqual([job.callId, death.reason, death.status], [dead, 'attempts_exhausted', 500])
  })

  it('when a callback cannot be delivered: it is tried again, and the function is not (A37)', async () => {
    await using rig = await QueueRig.start()
    rig.fn('echo', ({ body }) => ({ body, headers: ['Content-Type', 'text/x'] }))
    const failure = { kind: 'failed', reason: 'answered 503', isFinal: false } as const
    rig.callbackFate.push(failure, failure)

    const callId = await rig.call('echo', { body: 'hi', headers: ['X-Callback-Url', 'http://u:p@caller/'] })
    await eventually(() => rig.book.byCallId(callId)[0]?.callback === 'delivered', 20_000)

    assert.deepEqual([rig.seen.length, rig.callbacks.length], [1, 3])
    const [first] = rig.callbacks
    assert.deepEqual(
      [
        first?.url,
        first?.fn,
        first?.status,
        first?.rawHeaders,
        Buffer.from(first?.body as Uint8Array).toString(),
      ],
      ['http://u:p@caller/', 'echo', 200, ['Content-Type', 'text/x'], 'hi'],
    )
  })

  it('when a slow function has a huge backlog: another one’s calls do not wait for it (A31)', async () => {
    await using rig = await QueueRig.start()
    rig.fn('slow', async () => {
      await systemClock.sleep(1_000)
      return {}
    })
    rig.fn('fast', () => ({}))
    for (let at = 0; at < 20; at += 1) await Promise.all(Array.from({ length: 20 }, () => rig.call('slow')))
    await eventually(() => rig.queue.parts.calls.running >= 20)
    const beganMs = systemClock.now()

    const ids = await Promise.all(Array.from({ length: 10 }, () => rig.call('fast')))
    await Promise.all(ids.map((id) => rig.ended(id)))

    assert.ok(systemClock.now() - beganMs < 2_000)
    assert.ok(rig.queue.backlogOf('slow.openfaas-fn' as never) > 100)
  })
})
