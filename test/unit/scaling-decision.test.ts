import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { replicaMemory, roomFor } from '../../src/core/scaling/host-budget.ts'
import { reposeOf } from '../../src/core/scaling/idleness.ts'
import {
  nextCount,
  recommend,
  type ScalingFacts,
  type StepFacts,
} from '../../src/core/scaling/scaling-decision.ts'
import { scalingPolicy, type ScalingPolicy } from '../../src/core/scaling/scaling-labels.ts'

const usual = scalingPolicy({}, { serverMax: 100, target: 50, windowMs: 60_000, removeAfterMs: 3_600_000 })
const policy = (changes: Partial<ScalingPolicy>): ScalingPolicy => ({ ...usual, ...changes })
const facts = (load: number, changes: Partial<ScalingFacts> = {}): ScalingFacts => ({
  desired: 1,
  ready: 1,
  load: { up: load, down: load },
  room: 100,
  ...changes,
})

describe('replicas for a load', () => {
  const rows: readonly (readonly [what: string, ScalingPolicy, ScalingFacts, replicas: number])[] = [
    ['15 calls at a time, target 5', policy({ type: 'capacity', target: 5, proportion: 1 }), facts(15), 3],
    ['the same with 0.9 of it', policy({ type: 'capacity', target: 5 }), facts(15), 4],
    [
      '90 at a time, target 100 x 0.7',
      policy({ type: 'capacity', target: 100, proportion: 0.7 }),
      facts(90),
      2,
    ],
    ['no load', policy({}), facts(0, { desired: 4, ready: 4 }), 1],
    ['nothing measured', policy({ min: 2 }), facts(0, { load: null }), 2],
    ['10 rps of 50', policy({}), facts(10), 1],
    ['1000 jobs of 10 each', policy({ type: 'queue', target: 10 }), facts(1_000), 20],
    ['more than max', policy({ max: 3 }), facts(5_000), 3],
    ['less than min', policy({ min: 2 }), facts(1), 2],
    ['a sum a little above a whole number', policy({ target: 0.1, proportion: 1 }), facts(0.1 * 3), 3],
    ['10 % more changes nothing', policy({ proportion: 1 }), facts(110, { desired: 2, ready: 2 }), 2],
    ['10 % of two', policy({ proportion: 1 }), facts(109.9, { desired: 2, ready: 2 }), 2],
    ['more than 10 %', policy({ proportion: 1 }), facts(111, { desired: 2, ready: 2 }), 3],
    ['10 % less', policy({ proportion: 1 }), facts(450, { desired: 10, ready: 10 }), 10],
    ['more than 10 % less', policy({ proportion: 1 }), facts(449, { desired: 10, ready: 10 }), 9],
    [
      'near what is ready, more on the way',
      policy({ proportion: 1 }),
      facts(52, { desired: 3, ready: 1 }),
      3,
    ],
    [
      '400 ms where 100 are meant',
      policy({ type: 'latency', target: 100, proportion: 1 }),
      facts(400, { ready: 2, desired: 2 }),
      8,
    ],
    ['millicores', policy({ type: 'cpu', target: 500, proportion: 1 }), facts(1_900), 4],
    ['room for two', policy({}), facts(5_000, { room: 2 }), 2],
    ['a host that is full takes none away', policy({}), facts(5_000, { room: 2, desired: 6, ready: 6 }), 6],
    ['no room at all', policy({}), facts(5_000, { room: 0 }), 1],
    ['a short burst counts half', policy({}), facts(0, { load: { up: 100, down: 20 } }), 3],
  ]
  for (const [what, given, seen, replicas] of rows)
    it(`${what}: ${replicas}`, () => assert.equal(recommend(given, seen).replicas, replicas))

  it('says what it would want on a larger host', () => {
    assert.deepEqual(recommend(policy({ proportion: 1 }), facts(250, { room: 2 })), {
      wanted: 5,
      replicas: 2,
    })
  })
})

describe('the next count', () => {
  const step = (changes: Partial<StepFacts>): number =>
    nextCount({
      desired: 1,
      ready: 1,
      recommended: 1,
      held: 1,
      floor: 0,
      sinceDownMs: Infinity,
      cores: 8,
      ...changes,
    })

  it('goes up by twice, or two', () => {
    assert.equal(step({ recommended: 20, held: 20 }), 3)
    assert.equal(step({ recommended: 20, held: 20, desired: 5, ready: 5 }), 10)
    assert.equal(step({ recommended: 2, held: 2 }), 2)
    assert.equal(step({ recommended: 20, held: 20, desired: 0, ready: 0 }), 2)
  })

  it('goes up one by one on two cores', () => {
    assert.equal(step({ recommended: 20, held: 20, cores: 2, desired: 5, ready: 5 }), 6)
  })

  it('waits for those that start before it goes on', () => {
    assert.equal(step({ recommended: 20, held: 20, desired: 3, ready: 1 }), 3)
  })

  it('keeps what the window holds, then halves what is ready every half minute', () => {
    assert.equal(step({ desired: 10, ready: 10, held: 10 }), 10)
    assert.equal(step({ desired: 10, ready: 10 }), 5)
    assert.equal(step({ desired: 5, ready: 5, sinceDownMs: 29_999 }), 5)
    assert.equal(step({ desired: 5, ready: 5, sinceDownMs: 30_000 }), 2)
    assert.equal(step({ desired: 2, ready: 2 }), 1)
    assert.equal(step({ desired: 9, ready: 9, held: 8, recommended: 1 }), 8)
    assert.equal(step({ desired: 3, ready: 0 }), 2)
  })

  it('a floor counts at once, and holds', () => {
    assert.equal(step({ floor: 5 }), 5)
    assert.equal(step({ floor: 3, desired: 6, ready: 6 }), 3)
    assert.equal(step({ floor: 6, desired: 6, ready: 6 }), 6)
  })
})

describe('room on this host', () => {
  const host = { cores: 4, memoryBytes: 2 ** 30 }

  it('is four replicas a core, or one where the processor is what they need', () => {
    const small = { replicaBytes: 1, othersBytes: 0 }
    assert.equal(roomFor(host, { ...small, isCpuBound: false }), 16)
    assert.equal(roomFor(host, { ...small, isCpuBound: true }), 4)
  })

  it('is what memory the others leave', () => {
    const half = { replicaBytes: 2 ** 29, isCpuBound: false }
    assert.equal(roomFor(host, { ...half, othersBytes: 0 }), 2)
    assert.equal(roomFor(host, { ...half, othersBytes: 1 }), 1)
    assert.equal(roomFor(host, { ...half, othersBytes: 2 ** 31 }), 0)
  })

  it('is four fifths of the memory, less 256 MiB', () => {
    assert.equal(replicaMemory(10 * 2 ** 30), 8 * 2 ** 30 - 2 ** 28)
    assert.equal(replicaMemory(2 ** 20), 0)
  })
})

describe('an idle function', () => {
  const zero = policy({ zeroAfterMs: 10_000, removeAfterMs: 60_000 })
  const awake = (idleMs: number) => ({ idleMs, isResting: false })
  const resting = (idleMs: number) => ({ idleMs, isResting: true })

  it('stays unless it is opted in', () => assert.equal(reposeOf(usual, awake(Infinity)), 'stay'))

  it('rests after its duration, and is removed after a longer one', () => {
    assert.equal(reposeOf(zero, awake(9_999)), 'stay')
    assert.equal(reposeOf(zero, awake(10_000)), 'rest')
    assert.equal(reposeOf(zero, resting(69_999)), 'rest')
    assert.equal(reposeOf(zero, resting(70_000)), 'remove')
  })

  it('rests on after a restart of the daemon, whose clock begins anew', () =>
    assert.equal(reposeOf(zero, resting(0)), 'rest'))

  it('is removed at once where it says so', () => {
    assert.equal(reposeOf({ ...zero, removesAtZero: true }, awake(9_999)), 'stay')
    assert.equal(reposeOf({ ...zero, removesAtZero: true }, awake(10_000)), 'remove')
  })

  it('is frozen and never removed with freeze alone, and frozen early with both', () => {
    const freeze = policy({ freezeAfterMs: 10_000 })
    assert.equal(reposeOf(freeze, awake(10_000)), 'rest')
    assert.equal(reposeOf(freeze, resting(1e12)), 'rest')
    assert.equal(reposeOf({ ...zero, zeroAfterMs: 30_000, freezeAfterMs: 10_000 }, awake(10_000)), 'rest')
    assert.equal(reposeOf({ ...zero, removesAtZero: true, freezeAfterMs: 5_000 }, awake(5_000)), 'rest')
  })

  it('wakes when its new labels do not want rest', () => assert.equal(reposeOf(usual, resting(1)), 'wake'))
})
