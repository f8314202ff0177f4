import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { OwnCredentials } from '../../src/gateway/login/own-credentials.ts'
import { FakeClock } from '../fakes/fake-clock.ts'

function basic(pair: string, encoding: BufferEncoding = 'utf8'): string {
  return `Basic ${Buffer.from(pair, encoding).toString('base64')}`
}

function rig(password = 'right', user = 'admin') {
  const clock = new FakeClock()
  const own = new OwnCredentials({ user, password }, clock)
  const asks = (header: string, peer: string | null = '192.0.2.1'): boolean => own.mayForward(header, peer)
  return { clock, asks }
}

describe('the credentials of the API in a call', () => {
  it('never reach a function, whatever the case of the scheme and the encoding of the password', () => {
    const { asks } = rig('r:ü')

    for (const header of [basic('admin:r:ü'), basic('admin:r:ü').replace('Basic ', 'bAsIc   ')]) {
      assert.equal(asks(header), false)
    }
    assert.equal(asks(basic('admin:r:ü', 'latin1')), false)
    for (const encoding of ['utf8', 'latin1'] as const) {
      assert.equal(rig('right', 'jürgen').asks(basic('jürgen:right', encoding)), false)
    }
  })

  it('never reach a function in a header that the API would not take itself', () => {
    const right = basic('admin:right')
    const headers = [
      right.replace(' ', '\t'),
      right.replace(' ', ' \t '),
      `${right}, Basic eDp5`,
      `Basic eDp5,${right}`,
      `Bearer token, ${right}`,
      `${right};`,
      right.replace(/=+$/, ''),
      `Basic ${Buffer.from('admin:right').toString('base64url')}`,
    ]
    for (const header of headers) assert.equal(rig().asks(header), false, header)
    assert.equal(rig('>>>???').asks(`Basic ${Buffer.from('admin:>>>???').toString('base64url')}`), false)
  })

  it('are guessed once each, also where many guesses come in one header', () => {
    const { asks } = rig()
    const guesses = Array.from({ length: 100 }, (_, guess) => basic(`admin:guess ${guess}`))

    assert.equal(asks(guesses.join(', ')), false)
    assert.equal(asks(basic('admin:guess 100')), false)
  })

  it('are told from those of others, which pass untouched', () => {
    const { asks } = rig()

    const others = [
      'Bearer right',
      'Basic',
      'Basic ???',
      '',
      basic('root:right'),
      basic('admi:n:right'),
      basic('admin'),
    ]
    for (const header of others) assert.equal(asks(header), true, header)
    assert.equal(asks(basic('admin:other')), true)
  })

  it('cannot be found by trying: of an address that guessed too often nothing with that user passes', async () => {
    const { asks, clock } = rig()
    const passed = Array.from({ length: 100 }, (_, guess) => asks(basic(`admin:guess ${guess}`)))

    assert.equal(passed.filter(Boolean).length, 20)
    assert.deepEqual([asks(basic('admin:right')), asks(basic('admin:wrong'))], [false, false])
    assert.equal(asks(basic('admin:guess 500'), '192.0.2.2'), true)

    await clock.advance(2_000)
    assert.equal(asks(basic('admin:one more')), true)
    assert.equal(asks(basic('admin:and one more')), false)
  })

  it('do not stand in the way of a function whose users have the same name', () => {
    const { asks } = rig()
    for (let call = 0; call < 1_000; call += 1) assert.equal(asks(basic('admin:of the function')), true)
    for (let guess = 0; guess < 100; guess += 1) asks(basic(`admin:guess ${guess}`))

    assert.equal(asks(basic('admin:of the function')), true)
    assert.equal(asks(basic('somebody:else')), true)
    assert.equal(asks('Bearer token'), true)
  })

  it('are remembered as wrong a thousand at the most', async () => {
    const { asks, clock } = rig()
    assert.equal(asks(basic('admin:first')), true)
    for (let guess = 0; guess < 1_000; guess += 1) {
      await clock.advance(2_000)
      assert.equal(asks(basic(`admin:guess ${guess}`)), true)
    }
    for (let guess = 0; guess < 20; guess += 1) asks(basic(`admin:more ${guess}`))

    assert.equal(asks(basic('admin:first')), false)
  })
})
