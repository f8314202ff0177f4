import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  type DepartureReason,
  type ObservedReplica,
  planReplicas,
} from '../../src/provider/docker/replicas/reconcile-plan.ts'
import { afterSetback, NO_SETBACKS, type Setbacks } from '../../src/provider/docker/replicas/setbacks.ts'

const desired = {
  revision: 2,
  deployedAtMs: 1_000,
  replicas: 2,
  lastGood: null,
  needsLastGood: false,
  isResting: false,
}

function replica(id: string, change: Partial<ObservedReplica> = {}): ObservedReplica {
  return {
    id,
    revision: 2,
    deployedAtMs: 1_000,
    condition: 'alive',
    isReady: true,
    isFrozen: false,
    calls: 0,
    canFreeze: true,
    ...change,
  }
}

const NOTHING = { create: 0, restore: 0, retire: [], freeze: [], thaw: [] }
const going = (why: DepartureReason, ...ids: readonly string[]) => ids.map((id) => ({ id, why }))
const old = (id: string, change: Partial<ObservedReplica> = {}) => replica(id, { revision: 1, ...change })
const starting = { isReady: false }

describe('planReplicas', () => {
  it('a plan for replicas has nothing to do when observed equals desired', () => {
    assert.deepEqual(planReplicas(desired, [replica('a'), replica('b')]), NOTHING)
  })

  it('creates what is missing and counts what is starting', () => {
    assert.equal(planReplicas(desired, []).create, 2)
    assert.equal(planReplicas(desired, [replica('a', starting)]).create, 1)
  })

  it('removes the dead and replaces them', () => {
    const plan = planReplicas(desired, [replica('a'), replica('b', { condition: 'dead', isReady: false })])

    assert.deepEqual(plan, { ...NOTHING, create: 1, retire: going('dead', 'b') })
  })

  it('lets go of those that are not ready first when there are too many', () => {
    const plan = planReplicas({ ...desired, replicas: 1 }, [replica('a', starting), replica('b')])

    assert.deepEqual(plan, { ...NOTHING, retire: going('surplus', 'a') })
  })

  it('lets go of those without calls first, and of the youngest of these', () => {
    const seen = [replica('a', { calls: 1 }), replica('b'), replica('c'), replica('d', { calls: 2 })]

    const goesAt = (replicas: number): readonly string[] =>
      planReplicas({ ...desired, replicas }, seen).retire.map(({ id }) => id)
    assert.deepEqual(goesAt(2), ['b', 'c'])
    assert.deepEqual(goesAt(3), ['c'])
  })

  it('keeps the old revision in service until the new one is ready', () => {
    const before = planReplicas(desired, [old('a'), old('b')])
    const between = planReplicas(desired, [
      old('a'),
      old('b'),
      replica('c', starting),
      replica('d', starting),
    ])

    assert.deepEqual(before, { ...NOTHING, create: 2 })
    assert.deepEqual(between, NOTHING)
  })

  it('lets go of one old replica for each new one that is ready', () => {
    const half = planReplicas(desired, [old('a'), old('b'), replica('c'), replica('d', starting)])
    const whole = planReplicas(desired, [old('a'), old('b'), replica('c'), replica('d')])

    assert.deepEqual(half.retire, going('outdated', 'b'))
    assert.deepEqual(whole.retire, going('outdated', 'a', 'b'))
  })

  it('keeps old replicas that were not probed yet, as after a restart of the daemon', () => {
    const plan = planReplicas(desired, [old('a', starting), old('b', starting)])

    assert.deepEqual(plan.retire, [])
  })

  it('replaces a replica that is overdue and does not wait for one that leaves', () => {
    const plan = planReplicas(desired, [
      replica('a', { condition: 'failed', isReady: false }),
      replica('b', { condition: 'leaving', isReady: false }),
    ])

    assert.deepEqual(plan, {
      ...NOTHING,
      create: 2,
      retire: [...going('failed', 'a'), ...going('leaving', 'b')],
    })
  })

  it('never serves with what ran under the name before it was deployed anew', () => {
    const plan = planReplicas(desired, [old('a', { deployedAtMs: 500 })])

    assert.deepEqual(plan, { ...NOTHING, create: 2, retire: going('other-life', 'a') })
  })

  it('takes everything down when nothing is desired', () => {
    const observed = [replica('a'), old('b'), replica('c', { condition: 'dead', isReady: false })]

    assert.deepEqual(planReplicas(null, observed), {
      ...NOTHING,
      retire: [...going('dead', 'c'), ...going('removed', 'a', 'b')],
    })
    assert.deepEqual(planReplicas({ ...desired, replicas: 0 }, observed).retire, [
      ...going('dead', 'c'),
      ...going('surplus', 'a', 'b'),
    ])
  })
})

describe('planReplicas with a last good revision', () => {
  const failing = { ...desired, lastGood: 1, needsLastGood: true }

  it('makes its missing replicas again while the newest has none that is ready', () => {
    const half = planReplicas(failing, [old('a'), replica('c', starting)])

    assert.deepEqual([half.create, half.restore, half.retire], [1, 1, []])
    assert.equal(planReplicas(failing, []).restore, 2)
  })

  it('makes none while nothing is known against the newest', () => {
    assert.equal(planReplicas({ ...failing, needsLastGood: false }, []).restore, 0)
  })

  it('counts those that are starting, and is then at rest', () => {
    const plan = planReplicas(failing, [old('a', starting), old('b', starting), replica('c', starting)])

    assert.deepEqual([plan.restore, plan.retire], [0, []])
  })

  it('needs one less for each of the newest that is ready', () => {
    const plan = planReplicas(failing, [replica('a'), old('b', starting), old('c')])

    assert.deepEqual([plan.create, plan.restore, plan.retire], [1, 0, going('outdated', 'b')])
  })

  it('lets go of what an earlier failed update left', () => {
    const third = { ...desired, revision: 3, lastGood: 1, needsLastGood: true, replicas: 1 }
    const failed = replica('b', { revision: 2, ...starting })

    assert.deepEqual(planReplicas(third, [old('a'), failed]).retire, going('given-up', 'b'))
  })

  it('is left at zero replicas', () => {
    const plan = planReplicas({ ...failing, replicas: 0 }, [old('a')])

    assert.deepEqual([plan.create, plan.restore, plan.retire], [0, 0, going('surplus', 'a')])
  })
})

describe('planReplicas of a function that rests', () => {
  const resting = { ...desired, isResting: true }
  const frozen = { isFrozen: true }

  it('freezes what is ready and has no calls, and is at rest then', () => {
    const plan = planReplicas(resting, [replica('a'), replica('b', { canFreeze: false })])

    assert.deepEqual(plan, { ...NOTHING, freeze: ['a'] })
    assert.deepEqual(planReplicas(resting, [replica('a', frozen), replica('b', frozen)]), NOTHING)
  })

  it('does not freeze one that starts', () => {
    assert.deepEqual(planReplicas(resting, [replica('a', frozen), replica('b', starting)]), NOTHING)
  })

  it('thaws all when the function rests no longer', () => {
    const plan = planReplicas(desired, [replica('a', frozen), replica('b')])

    assert.deepEqual(plan, { ...NOTHING, thaw: ['a'] })
  })

  it('an update of it ends: frozen replicas are as good as any, and the old ones go as they are', () => {
    const begun = [old('a', frozen), old('b', frozen)]

    assert.deepEqual(planReplicas(resting, begun), { ...NOTHING, create: 2 })
    const between = planReplicas(resting, [...begun, replica('c', frozen), replica('d', starting)])
    assert.deepEqual(between, { ...NOTHING, retire: going('outdated', 'b') })
    const done = planReplicas(resting, [old('a', frozen), replica('c', frozen), replica('d')])
    assert.deepEqual(done, { ...NOTHING, retire: going('outdated', 'a'), freeze: ['d'] })
  })

  it('neither freezes nor thaws what has to go', () => {
    const one = { ...desired, replicas: 1 }

    assert.deepEqual(planReplicas(one, [replica('a'), replica('b', frozen)]), {
      ...NOTHING,
      retire: going('surplus', 'b'),
    })
    assert.deepEqual(
      planReplicas({ ...one, isResting: true }, [replica('a', frozen), replica('b')]).freeze,
      [],
    )
    assert.deepEqual(planReplicas(null, [replica('a', frozen)]), {
      ...NOTHING,
      retire: going('removed', 'a'),
    })
  })
})

describe('setbacks', () => {
  it('setbacks double the wait, up to a minute', () => {
    let record: Setbacks = NO_SETBACKS
    let nowMs = 1_000_000
    const waits: number[] = []
    for (let crash = 0; crash < 8; crash += 1) {
      record = afterSetback(record, 'it exited with code 1', nowMs)
      waits.push(record.retryAtMs - nowMs)
      nowMs = record.retryAtMs + 100
    }

    assert.deepEqual(waits, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000])
  })

  it('setbacks begin anew after a minute in peace', () => {
    const shaken: Setbacks = { count: 5, retryAtMs: 1_000_000, reason: 'x' }

    assert.equal(afterSetback(shaken, 'y', 1_061_000).count, 1)
    assert.equal(afterSetback(shaken, 'y', 1_059_000).count, 6)
  })

  it('setbacks of replicas that fall together count once', () => {
    const first = afterSetback(NO_SETBACKS, 'it exited with code 1', 1_000_000)
    const second = afterSetback(first, 'it exited with code 2', 1_000_200)

    assert.deepEqual(second, { ...first, reason: 'it exited with code 2' })
  })
})
