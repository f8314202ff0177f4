import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  replicaBounds,
  replicasAfterScale,
  replicasAfterUpdate,
} from '../../src/core/scaling/scaling-policy.ts'

const labels = (min: string, max: string) => ({
  'com.openfaas.scale.min': min,
  'com.openfaas.scale.max': max,
})

describe('replicaBounds', () => {
  it('the bounds of replicas without labels are one and the server limit', () => {
    assert.deepEqual(replicaBounds({}, 20), { min: 1, max: 20 })
  })

  it('the bounds of replicas are those of the labels', () => {
    assert.deepEqual(replicaBounds(labels('2', '5'), 20), { min: 2, max: 5 })
  })

  it('takes what is no positive integer as absent', () => {
    for (const text of ['0', '-1', '1.5', 'many', '']) {
      assert.deepEqual(replicaBounds(labels(text, text), 20), { min: 1, max: 20 })
    }
  })

  it('never goes above the server limit, nor lets max fall below min', () => {
    for (const text of ['50', '999999999', '1000000000', '9'.repeat(400)])
      assert.deepEqual(replicaBounds(labels(text, text), 20), { min: 20, max: 20 })
    assert.deepEqual(replicaBounds(labels('4', '2'), 20), { min: 4, max: 4 })
  })
})

describe('desired replicas', () => {
  it('keeps the count over an update, within the new bounds', () => {
    assert.equal(replicasAfterUpdate(3, { min: 1, max: 20 }), 3)
    assert.equal(replicasAfterUpdate(9, { min: 1, max: 5 }), 5)
    assert.equal(replicasAfterUpdate(1, { min: 2, max: 5 }), 2)
  })

  it('starts a function at zero when it is updated', () => {
    assert.equal(replicasAfterUpdate(0, { min: 1, max: 5 }), 1)
  })

  it('goes to zero when asked, and no higher than max', () => {
    assert.equal(replicasAfterScale(0, { min: 2, max: 5 }), 0)
    assert.equal(replicasAfterScale(70, { min: 2, max: 5 }), 5)
  })
})
