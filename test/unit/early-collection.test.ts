import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EarlyCollection } from '../../src/early-collection.ts'

const MB = 1024 * 1024

/** What was decided at each size, in megabytes. */
function decided(...sizes: number[]): boolean[] {
  const collection = new EarlyCollection()
  return sizes.map((size) => collection.look(size * MB))
}

describe('an early collection', () => {
  it('is due when much lies in the heap, and until less does', () => {
    assert.deepEqual(decided(20, 47, 49, 130, 20, 47, 49), [false, false, true, true, false, false, true])
  })

  it('is not due again before there is half as much again as was left', () => {
    assert.deepEqual(decided(20, 300, 200, 290, 310, 220, 320), [
      false,
      true,
      false,
      false,
      true,
      false,
      false,
    ])
  })
})
