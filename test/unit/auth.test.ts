import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { systemClock, type Clock } from '../../src/clock.ts'
import { BasicAuth } from '../../src/gateway/login/auth.ts'
import { FakeClock } from '../fakes/fake-clock.ts'
import { LoginDelays } from '../../src/gateway/login/login-delays.ts'

/** Sleeps for no time and remembers how long it was meant to be. */
function recordingClock(): Clock & { readonly slept: number[] } {
  const slept: number[] = []
  const sleep = async (ms: number): Promise<void> => void slept.push(ms)
  return { ...systemClock, now: () => 1_000, sleep, slept }
}

function attempt(user: string, password: string, address = '192.0.2.1') {
  const header = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
  return { header, address, forwardedFor: undefined, signal: new AbortController().signal }
}

describe('logging in', () => {
  it('takes the right user and password, colons in it included', async () => {
    const auth = new BasicAuth({ user: 'admin', password: 'a:b:ü' }, recordingClock())

    assert.equal(await auth.login(attempt('admin', 'a:b:ü')), 'admin')
    assert.equal(await auth.login(attempt('admin', 'a:b')), null)
    assert.equal(await auth.login(attempt('Admin', 'a:b:ü')), null)
  })

  it('logging in does not delay the right password after a number of wrong ones that a person may type', async () => {
    const clock = recordingClock()
    const auth = new BasicAuth({ user: 'admin', password: 'right' }, clock)
    for (let guess = 0; guess < 19; guess += 1) await auth.login(attempt('admin', `wrong${guess}`))
    clock.slept.length = 0

    assert.equal(await auth.login(attempt('admin', 'right')), 'admin')
    assert.deepEqual(clock.slept, [])
  })

  it('holds wrong answers back longer and longer, up to two seconds, per address', async () => {
    const clock = recordingClock()
    const auth = new BasicAuth({ user: 'admin', password: 'right' }, clock)

    for (let guess = 0; guess < 7; guess += 1) await auth.login(attempt('admin', 'wrong'))
    await auth.login(attempt('admin', 'wrong', '192.0.2.2'))

    assert.deepEqual(clock.slept, [100, 200, 400, 800, 1_600, 2_000, 2_000, 100])
  })

  it('logging in does not slow down those who try no password', async () => {
    const clock = recordingClock()
    const auth = new BasicAuth({ user: 'admin', password: 'right' }, clock)
    const { signal } = new AbortController()

    for (const header of [undefined, 'Bearer ', 'Basic ???']) {
      assert.equal(await auth.login({ header, address: '192.0.2.1', forwardedFor: undefined, signal }), null)
    }
    assert.deepEqual(clock.slept, [])
  })

  it('takes turns by whom the next proxy names, whatever its client claims', async () => {
    const clock = new FakeClock()
    const auth = new BasicAuth({ user: 'admin', password: 'right' }, clock)
    const from = (password: string, forwardedFor: string) =>
      auth.login({ ...attempt('admin', password), forwardedFor })
    const ended = (login: Promise<unknown>) => void login.catch(() => {})
    for (let guess = 0; guess < 100; guess += 1) ended(from('wrong', `203.0.113.${guess}, 198.51.100.66`))

    const right = from('right', '203.0.113.5')
    await clock.advance(4_000)

    assert.equal(await Promise.race([right, clock.advance(0)]), 'admin')
  })

  const spellings: Readonly<Record<string, (host: number) => string>> = {
    'an IPv6 network': (host) => `2001:db8:1:2::${host.toString(16)}`,
    'an IPv6 network in brackets, with ports': (host) =>
      `"[2001:db8:1:2:${host.toString(16)}::9]:${40_000 + host}"`,
    'an address with ports': (host) => `198.51.100.66:${40_000 + host}`,
    'an address in its IPv6 form, with ports': (host) => `[::ffff:198.51.100.66]:${40_000 + host}`,
  }
  for (const [what, spell] of Object.entries(spellings)) {
    it(`gives ${what} one turn, not one for each spelling`, async () => {
      const clock = new FakeClock()
      const auth = new BasicAuth({ user: 'admin', password: 'right' }, clock)
      let host = 0
      const attack = (count: number): void => {
        for (let guess = 0; guess < count; guess += 1) {
          host += 1
          void auth.login({ ...attempt('admin', 'wrong'), forwardedFor: spell(host) }).catch(() => {})
        }
      }
      attack(100)

      const right = auth.login({ ...attempt('admin', 'right'), forwardedFor: '203.0.113.5:1' })
      right.catch(() => {})
      for (let step = 0; step < 40; step += 1) {
        attack(10)
        await clock.advance(100)
      }

      assert.equal(await Promise.race([right, clock.advance(0)]), 'admin')
    })
  }

  it('takes IPv4 addresses behind one proxy for as many clients', async () => {
    const clock = new FakeClock()
    const auth = new BasicAuth({ user: 'admin', password: 'right' }, clock)
    const guess = (forwardedFor: string, password = 'wrong') =>
      auth.login({ ...attempt('admin', password), forwardedFor })
    const attack = (hosts: number): void => {
      for (let host = 1; host <= hosts; host += 1) void guess(`::ffff:198.51.100.${host}`).catch(() => {})
    }
    for (let burst = 0; burst < 20; burst += 1) void guess('198.51.100.1').catch(() => {})
    attack(15)
    attack(15)
    const waits = guess('203.0.113.5', 'right')
    attack(16)

    await assert.rejects(guess('203.0.113.6', 'right'), { code: 'too-busy' })
    await clock.advance(32_000)
    assert.equal(await Promise.race([waits, clock.advance(0)]), 'admin')
  })

  it('looks at a header of a megabyte without trouble', async () => {
    const auth = new BasicAuth({ user: 'admin', password: 'right' }, recordingClock())

    assert.equal(await auth.login(attempt('admin', 'x'.repeat(700_000))), null)
  })
})

describe('login delays', () => {
  it('login delays are forgiven with time', () => {
    const delays = new LoginDelays()
    for (let guess = 0; guess < 5; guess += 1) delays.failed('192.0.2.1', 0)

    assert.equal(delays.failed('192.0.2.1', 10 * 60_000), 100)
  })

  it('login delays count a whole IPv6 network as one address', () => {
    const delays = new LoginDelays()
    delays.failed('2001:db8:1:2::1', 0)

    assert.equal(delays.failed('2001:db8:1:2:ffff::9', 0), 200)
    assert.equal(delays.failed('2001:db8:1:3::1', 0), 100)

    delays.failed('2001:db8::1:2:3:4', 0)
    assert.equal(delays.failed('2001:db8::a:b:c:d', 0), 200)
    assert.equal(delays.failed('2001:db8:0:0:9::', 0), 400)
    assert.equal(delays.failed('2001:db8:0:1::', 0), 100)
  })

  it('login delays forget the address that failed longest ago when there are too many', () => {
    const delays = new LoginDelays()
    delays.failed('first', 0)
    for (let other = 0; other < 10_000; other += 1) delays.failed(`other ${other}`, 0)

    assert.equal(delays.failed('first', 0), 100)
    assert.equal(delays.failed('other 9999', 0), 200)
  })
})
