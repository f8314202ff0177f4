import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'node:test'
import { ScalerRig, type RigOptions } from '../fakes/scaler-rig.ts'

let rig: ScalerRig
const start = (options: RigOptions = {}): void => {
  rig = new ScalerRig(options)
  rig.scaler.start()
}
afterEach(() => rig.end())

describe('scaling down', () => {
  it('waits for the window, then halves every half minute (S10)', async () => {
    start()
    const fn = await rig.deploy('falling', { type: 'capacity', target: '1', proportion: '1' })
    const end = rig.hold(fn, 10)
    await rig.clock.advance(20_000)
    assert.equal(rig.count(fn), 10)
    end()

    // 45 s of memory of the load, and 60 s of the recommendations.
    await rig.clock.advance(100_000)
    assert.equal(rig.count(fn), 10)
    await rig.clock.advance(8_000)
    assert.equal(rig.count(fn), 5)
    await rig.clock.advance(26_000)
    assert.equal(rig.count(fn), 5)
    await rig.clock.advance(6_000)
    assert.equal(rig.count(fn), 2)
    await rig.clock.advance(30_000)
    assert.equal(rig.count(fn), 1)
  })

  it('a count that a user sets holds for the window', async () => {
    start()
    const fn = await rig.deploy('by-hand')
    await rig.clock.advance(300_000)
    await rig.control.scale(fn, 4)

    await rig.clock.advance(58_000)
    assert.equal(rig.count(fn), 4)
    await rig.clock.advance(62_000)

    assert.equal(rig.count(fn), 1)
  })

  it('a count that a user sets below what the load or the labels need is raised, and one above the window is not', async () => {
    start()
    const fn = await rig.deploy('by-hand', { min: '2', type: 'queue', target: '1', proportion: '1' })
    rig.backlogs.set(fn, 6)
    await rig.clock.advance(10_000)
    await rig.control.scale(fn, 1)
    await rig.clock.advance(10_000)
    assert.equal(rig.count(fn), 6)

    // The load is over: what the window remembers does not undo what a person took away, but for the least count.
    rig.backlogs.set(fn, 0)
    await rig.control.scale(fn, 3)
    await rig.clock.advance(4_000)
    assert.equal(rig.count(fn), 3)
    await rig.control.scale(fn, 1)
    await rig.clock.advance(4_000)

    assert.equal(rig.count(fn), 2)
  })

  it('zero by hand stays zero', async () => {
    start()
    const fn = await rig.deploy('off', { min: '2' })
    await rig.control.scale(fn, 0)

    await rig.clock.advance(300_000)

    assert.equal(rig.count(fn), 0)
  })
})

describe('a host that is full', () => {
  it('allows as many as its memory holds, tells it once, and takes none away (S12)', async () => {
    start({ memoryBytes: 2 ** 30 })
    const fn = await rig.deploy('large', { type: 'queue', target: '1', proportion: '1' }, '512Mi')
    rig.backlogs.set(fn, 5)

    await rig.clock.advance(20_000)
    assert.equal(rig.count(fn), 2)
    const limited = rig.scaler.events.recent(fn).filter(({ kind }) => kind === 'limited')
    assert.deepEqual(
      limited.map(({ reason }) => reason),
      ['CapacityLimited: 5 replicas recommended, this host has room for 2'],
    )

    assert.deepEqual([rig.scaler.figures(fn)?.isLimited, rig.scaler.figures(fn)?.recommended], [true, 2])

    await rig.control.scale(fn, 6)
    await rig.clock.advance(20_000)
    assert.equal(rig.count(fn), 6)
  })

  it('adds none while the machine is short of memory, whatever limits add up to, and takes none away', async () => {
    start()
    const fn = await rig.deploy('jobs', { type: 'queue', target: '1', proportion: '1' })
    rig.backlogs.set(fn, 2)
    await rig.clock.advance(6_000)
    rig.available = 99
    rig.backlogs.set(fn, 9)

    await rig.clock.advance(20_000)
    assert.equal(rig.count(fn), 2)
    assert.equal(rig.scaler.figures(fn)?.isLimited, true)
    rig.available = 100
    await rig.clock.advance(10_000)

    assert.equal(rig.count(fn), 9)
  })

  it('counts what others have, unless they rest', async () => {
    start({ memoryBytes: 2 ** 30 })
    const other = await rig.deploy('other', {}, '512Mi')
    const fn = await rig.deploy('large', { type: 'queue', target: '1' }, '256Mi')
    rig.backlogs.set(fn, 20)
    await rig.clock.advance(20_000)
    assert.equal(rig.count(fn), 2)

    await rig.control.update(
      { ...rig.desired(other).spec, labels: { 'com.openfaas.scale.freeze': '10s' } },
      '{}',
    )
    await rig.clock.advance(20_000)

    assert.equal(rig.count(fn), 4)
  })
})
