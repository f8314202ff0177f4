import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deferred, every, systemClock, whenAborted, type Clock } from '../../src/clock.ts'

/** Sleeps that end at once. */
const hasty: Clock = {
  ...systemClock,
  sleep: async (_ms, signal) => {
    signal?.throwIfAborted()
  },
}

describe('every', () => {
  it('goes on after a round that failed, and tells of it', async () => {
    const stop = new AbortController()
    const told: unknown[] = []
    let rounds = 0

    await every(
      { clock: hasty, intervalMs: 1, signal: stop.signal, onError: (error) => told.push(error) },
      () => {
        rounds += 1
        if (rounds === 3) stop.abort()
        else throw new Error(`round ${rounds}`)
      },
    )

    assert.equal(rounds, 3)
    assert.deepEqual(told.map(String), ['Error: round 1', 'Error: round 2'])
  })

  it('never runs two rounds at a time', async () => {
    const stop = new AbortController()
    let running = 0
    let most = 0
    let rounds = 0

    await every(
      { clock: hasty, intervalMs: 1, signal: stop.signal, onError: (error) => assert.fail(String(error)) },
      async () => {
        running += 1
        most = Math.max(most, running)
        await new Promise((resolve) => setImmediate(resolve))
        running -= 1
        rounds += 1
        if (rounds === 5) stop.abort()
      },
    )

    assert.equal(most, 1)
  })
})

describe('time', () => {
  it('tells the time of day to within a correction, and goes on evenly between two looks', () => {
    const before = Date.now()
    const first = systemClock.wall()
    const second = systemClock.wall()

    assert.ok(Math.abs(first - before) < 100)
    assert.ok(second >= first)
  })

  it('rejects a sleep whose signal aborts, with its reason', async () => {
    const reason = new Error('enough')
    const end = new AbortController()
    const asleep = systemClock.sleep(60_000, end.signal)
    end.abort(reason)

    await assert.rejects(asleep, reason)
    await assert.rejects(systemClock.sleep(60_000, end.signal), reason)
  })

  it('time does not run an action that was called off', async () => {
    const ran: string[] = []
    systemClock.after(1, () => ran.push('called off'))()
    const done = deferred<void>()
    systemClock.after(5, () => done.resolve())
    const keepAlive = setInterval(() => undefined, 1)
    await done.promise
    clearInterval(keepAlive)

    assert.deepEqual(ran, [])
  })

  it('resolves at once for a signal that has aborted already', async () => {
    await whenAborted(AbortSignal.abort())
  })
})
