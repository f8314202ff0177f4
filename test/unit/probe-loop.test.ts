import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { pauseAfter } from '../../src/provider/docker/readiness/probe-loop.ts'

describe('the pause between two probes of a start', () => {
  it('is a few milliseconds at first, since a call may wait, and ever longer then', () => {
    assert.deepEqual(
      [0, 99, 100, 499, 500, 1_999, 2_000, 60_000].map(pauseAfter),
      [5, 5, 20, 20, 50, 50, 250, 250],
    )
  })
})
