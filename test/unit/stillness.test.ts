import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Stillness } from '../../src/gateway/edge/stillness.ts'

describe('stillness', () => {
  it('lasts from its beginning while nothing moves', () => {
    const stillness = new Stillness(1_000)

    assert.deepEqual([stillness.ms(1_000), stillness.ms(1_500), stillness.ms(9_000)], [0, 500, 8_000])
  })

  it('begins again with the first look after a move, however many moves there were', () => {
    const stillness = new Stillness(1_000)
    stillness.move()
    stillness.move()

    assert.deepEqual([stillness.ms(5_000), stillness.ms(5_700)], [0, 700])
  })

  it('is never longer than it was: a look comes late, not early', () => {
    const stillness = new Stillness(0)
    for (let now = 0; now < 10_000; now += 100) {
      if (now % 300 === 0) stillness.move()
      assert.ok(stillness.ms(now) <= 300)
    }
  })
})
