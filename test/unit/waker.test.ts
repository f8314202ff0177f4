import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deferred, type Deferred } from '../../src/clock.ts'
import { FaasError } from '../../src/core/errors.ts'
import { functionName } from '../../src/core/functions/function-name.ts'
import type { Replica } from '../../src/core/provider/replica.ts'
import { Waker, type Waiter } from '../../src/invoke/waiting/waker.ts'
import { FakeClock } from '../fakes/fake-clock.ts'

const figlet = functionName('figlet')
const replica: Replica = { id: 'r', fn: figlet, revision: 1, state: 'ready', host: '', port: 1, sinceMs: 0 }

class Recorder implements Waiter {
  readonly told: string[] = []

  onReady({ id }: Replica): void {
    this.told.push(`ready ${id}`)
  }

  onUnready(error: unknown, again: boolean): void {
    this.told.push(`${String(error)} ${again ? 'again' : 'done'}`)
  }
}

function start() {
  const rounds: { readonly answer: Deferred<Replica>; readonly signal: AbortSignal }[] = []
  const clock = new FakeClock()
  const ended: { readonly fn: string; readonly ms: number; readonly isReady: boolean }[] = []
  const ports = {
    wakeUps: 0,
    wantAwake: () => (ports.wakeUps += 1),
    whenReady: (_fn: string, signal: AbortSignal) => {
      const answer = deferred<Replica>()
      signal.addEventListener('abort', () => answer.reject('too late'))
      rounds.push({ answer, signal })
      return answer.promise
    },
  }
  return {
    waker: new Waker({
      ports,
      clock,
      timeoutMs: 1_000,
      room: { most: 100, setting: 'ROOM' },
      onEnd: (fn, end) => ended.push({ fn, ...end }),
    }),
    ended,
    ports,
    rounds,
    clock,
  }
}

describe('waker', () => {
  it('wakes a sleeping function once for many calls', async () => {
    const { waker, ports, rounds, clock, ended } = start()
    const waiters = Array.from({ length: 50 }, () => new Recorder())

    for (const waiter of waiters) waker.wait(figlet, waiter)
    assert.equal(waker.waiting(figlet), 50)
    await clock.advance(7)
    rounds[0]?.answer.resolve(replica)
    await clock.advance(0)

    assert.equal(waker.waiting(figlet), 0)
    assert.equal(ports.wakeUps, 1)
    for (const { told } of waiters) assert.deepEqual(told, ['ready r'])
    assert.deepEqual(ended, [{ fn: figlet, ms: 7, isReady: true }])
    assert.equal(clock.waiting, 0)
  })

  it('has room for so many, tells the next one at once to come back, and has room again when one leaves', async () => {
    const { waker, rounds, clock } = start()
    const waiters = Array.from({ length: 100 }, () => new Recorder())
    for (const waiter of waiters) waker.wait(figlet, waiter)
    const [late, later] = [new Recorder(), new Recorder()]

    waker.wait(figlet, late)
    assert.match(late.told.join(), /100 calls wait for it already \(ROOM\) done$/)
    waker.leave(figlet, waiters[0] ?? late)
    waker.wait(figlet, later)
    rounds[0]?.answer.resolve(replica)
    await clock.advance(0)

    assert.deepEqual(later.told, ['ready r'])
    assert.equal(late.told.length, 1)
  })

  it('goes on for the others when one leaves', async () => {
    const { waker, rounds, clock } = start()
    const [stays, leaves] = [new Recorder(), new Recorder()]
    waker.wait(figlet, stays)
    waker.wait(figlet, leaves)

    waker.leave(figlet, leaves)
    rounds[0]?.answer.resolve(replica)
    await clock.advance(0)

    assert.deepEqual(stays.told, ['ready r'])
    assert.deepEqual(leaves.told, [])
  })

  it('ends a wait with the reason of the provider when the time is over', async () => {
    const { waker, clock, rounds } = start()
    const waiter = new Recorder()
    waker.wait(figlet, waiter)

    await clock.advance(999)
    assert.deepEqual(waiter.told, [])
    await clock.advance(1)

    assert.deepEqual(waiter.told, ['too late again'])
    assert.equal(rounds[0]?.signal.aborted, true)
  })

  it('the waker does not invite anybody to wait again when the provider gave up', async () => {
    const { waker, clock, rounds } = start()
    const waiter = new Recorder()
    waker.wait(figlet, waiter)

    rounds[0]?.answer.reject('no such image')
    await clock.advance(0)

    assert.deepEqual(waiter.told, ['no such image done'])
  })

  it('begins anew after a round, whatever its end', async () => {
    const { waker, ports, clock } = start()
    waker.wait(figlet, new Recorder())
    await clock.advance(1_000)

    waker.wait(figlet, new Recorder())

    assert.equal(ports.wakeUps, 2)
  })

  it('lets everybody go when it is told to give up', async () => {
    const { waker, clock } = start()
    const waiter = new Recorder()
    waker.wait(figlet, waiter)

    waker.giveUp(new FaasError('not-found', 'gone'), figlet)
    await clock.advance(2_000)

    assert.deepEqual(waiter.told, ['FaasError: gone done'])
    assert.equal(clock.waiting, 0)
  })
})
