import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { hasCode } from '../../src/core/errors.ts'
import { LoginGate } from '../../src/gateway/login/login-gate.ts'
import { FakeClock } from '../fakes/fake-clock.ts'

const ATTACKER = '192.0.2.1'

type Outcome = 'right' | 'wrong' | 'too-busy' | 'left'

/** A gate, and how many guesses it looked at. */
class Bench {
  readonly clock = new FakeClock()
  readonly gate = new LoginGate(this.clock)
  looks = 0
  readonly outcomes: Outcome[] = []

  /** A guess that ends as it may; the answer is for those who wait for it. */
  guess(isRight: boolean, options: { address?: string; client?: string; signal?: AbortSignal } = {}) {
    const { address = ATTACKER, client = '', signal = new AbortController().signal } = options
    const outcome = this.gate
      .check({ address, client, signal }, () => {
        this.looks += 1
        return isRight
      })
      .then(
        (found): Outcome => (found ? 'right' : 'wrong'),
        (error: unknown): Outcome => (hasCode(error, 'too-busy') ? 'too-busy' : 'left'),
      )
    void outcome.then((end) => this.outcomes.push(end))
    return outcome
  }

  wrong(count: number, client = ''): void {
    for (let guess = 0; guess < count; guess += 1) void this.guess(false, { client })
  }

  counted(outcome: Outcome): number {
    return this.outcomes.filter((end) => end === outcome).length
  }
}

describe('guesses from one address', () => {
  it('guesses from one address on many connections at once are looked at in a burst, then one every two seconds, and the rest is refused', async () => {
    const bench = new Bench()

    bench.wrong(1_000)
    await bench.clock.advance(0)
    assert.equal(bench.looks, 20)
    assert.equal(bench.counted('too-busy'), 1_000 - 20 - 16)

    await bench.clock.advance(10_000)
    assert.equal(bench.looks, 25)
    await bench.clock.advance(60_000)
    assert.equal(bench.looks, 36)
    assert.equal(bench.counted('wrong'), 36)
  })

  it('guesses from one address are looked at no more often when each hangs up early, and take nobody his place then', async () => {
    const bench = new Bench()
    for (let round = 0; round < 600; round += 1) {
      const hangUp = new AbortController()
      for (let guess = 0; guess < 20; guess += 1) void bench.guess(false, { signal: hangUp.signal })
      await bench.clock.advance(50)
      hangUp.abort()
      await bench.clock.advance(50)
    }
    // A minute.
    assert.ok(bench.looks >= 40 && bench.looks <= 50, `${bench.looks} looks`)

    const right = bench.guess(true)
    await bench.clock.advance(2_000)
    assert.equal(await right, 'right')
  })

  it('guesses from one address get slower one after another, and never faster than that', async () => {
    const bench = new Bench()
    const endMs = bench.clock.now() + 600_000
    while (bench.clock.now() < endMs) {
      let isAnswered = false
      void bench.guess(false).then(() => (isAnswered = true))
      while (!isAnswered) await bench.clock.advance(100)
    }

    assert.ok(bench.looks >= 290 && bench.looks <= 20 + 300, `${bench.looks} looks`)
  })

  it('guesses from one address find a right password no faster than a wrong one', async () => {
    const bench = new Bench()
    bench.wrong(36)

    // The line is full: it is not looked at.
    assert.equal(await bench.guess(true), 'too-busy')
    assert.equal(bench.looks, 20)
  })

  it('guesses from one address may come as fast as they like while they are right', async () => {
    const bench = new Bench()

    for (let guess = 0; guess < 500; guess += 1) assert.equal(await bench.guess(true), 'right')
    assert.equal(bench.clock.waiting, 0)
  })
})

describe('a right password in the midst of an attack', () => {
  it('a right password in the midst of an attack is served in its turn: all right ones that wait, until a wrong one comes', async () => {
    const bench = new Bench()
    bench.wrong(20)
    const order: string[] = []
    const note = (name: string) => (outcome: Outcome) => void order.push(`${name} ${outcome}`)
    void bench.guess(true).then(note('a'))
    void bench.guess(true).then(note('b'))
    void bench.guess(false).then(note('c'))
    void bench.guess(true).then(note('d'))

    await bench.clock.advance(1_999)
    assert.deepEqual(order, [])
    await bench.clock.advance(1)
    assert.deepEqual(order, ['a right', 'b right', 'c wrong'])
    await bench.clock.advance(2_000)
    assert.deepEqual(order, ['a right', 'b right', 'c wrong', 'd right'])
  })

  it('waits four seconds at most behind a proxy that says whom it serves', async () => {
    const bench = new Bench()
    bench.wrong(1_000, '198.51.100.66')
    for (let login = 0; login < 5; login += 1) {
      const right = bench.guess(true, { client: '203.0.113.5' })
      for (let step = 0; step < 40; step += 1) {
        bench.wrong(10, '198.51.100.66')
        await bench.clock.advance(100)
      }
      assert.equal(await Promise.race([right, bench.clock.advance(0)]), 'right')
    }
    assert.ok(bench.looks <= 20 + 5 + 11, `${bench.looks} looks`)
  })

  it('a right password in the midst of an attack is served at once from another address', async () => {
    const bench = new Bench()
    bench.wrong(1_000)

    assert.equal(await bench.guess(true, { address: '192.0.2.2' }), 'right')
    assert.equal(await bench.guess(true, { address: '2001:db8::1' }), 'right')
  })
})

describe('what is remembered of an address', () => {
  it('what is remembered of an address is forgotten with time, and no alarm is left', async () => {
    const bench = new Bench()
    bench.wrong(30)
    await bench.clock.advance(120_000)
    assert.equal(bench.looks, 30)
    assert.equal(bench.clock.waiting, 0)

    bench.wrong(20)
    assert.equal(bench.looks, 50)
  })

  it('what is remembered of an address is one line and one alarm, however many guess and leave', async () => {
    const bench = new Bench()
    bench.wrong(20)
    await bench.clock.advance(1_000)
    const alarms = bench.clock.waiting
    const hangUp = new AbortController()
    for (let guess = 0; guess < 1_000; guess += 1) void bench.guess(false, { signal: hangUp.signal })
    await bench.clock.advance(0)
    assert.equal(bench.clock.waiting, alarms + 1)

    hangUp.abort()
    assert.equal(bench.clock.waiting, alarms)
    await bench.clock.advance(0)
    assert.equal(bench.counted('left'), 16)
  })

  it('what is remembered of an address is no line when the last that waited was served', async () => {
    const bench = new Bench()
    bench.wrong(21)
    await bench.clock.advance(2_000)

    assert.equal(bench.looks, 21)
    assert.equal(bench.clock.waiting, 0)
  })

  it('holds for a whole IPv6 network', async () => {
    const bench = new Bench()
    for (let host = 1; host <= 30; host += 1) void bench.guess(false, { address: `2001:db8:1:2::${host}` })

    assert.equal(bench.looks, 20)
  })
})
