import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'node:test'
import { ScalerRig, type RigOptions } from '../fakes/scaler-rig.ts'

let rig: ScalerRig
const start = (options: RigOptions = {}): void => {
  rig = new ScalerRig(options)
  rig.scaler.start()
}
afterEach(() => rig.end())

const ZERO = { zero: 'true', 'zero-duration': '30s' }
const isResting = (fn: Parameters<ScalerRig['desired']>[0]): boolean => rig.desired(fn).isResting === true

describe('idle functions', () => {
  it('rest after their duration, and go after an hour more', async () => {
    start()
    const fn = await rig.deploy('idle', ZERO)

    await rig.clock.advance(28_000)
    assert.equal(isResting(fn), false)
    await rig.clock.advance(4_000)
    assert.equal(isResting(fn), true)
    assert.equal(rig.count(fn), 1)
    await rig.clock.advance(3_600_000)

    assert.equal(rig.count(fn), 0)
    assert.deepEqual(rig.told(fn), ['rested 1 1', 'removed 1 0'])
  })

  it('do so without the built-in scaling too, but not when all is off', async () => {
    start({ mode: 'alert' })
    const fn = await rig.deploy('idle', ZERO)
    await rig.clock.advance(32_000)
    assert.equal(isResting(fn), true)
    await rig.end()

    start({ mode: 'off' })
    const other = await rig.deploy('idle', ZERO)
    await rig.clock.advance(100_000)
    assert.equal(isResting(other), false)
  })

  it('stay when they are not opted in, or have no labels', async () => {
    start()
    const fns = [await rig.deploy('none'), await rig.deploy('no', { ...ZERO, zero: 'True' })]

    await rig.clock.advance(3_600_000)

    for (const fn of fns) assert.equal(isResting(fn), false)
  })

  it('a call begins the duration anew, and one that runs or waits, or a WebSocket, stops it', async () => {
    start()
    const fn = await rig.deploy('called', ZERO)
    await rig.clock.advance(25_000)
    const end = rig.hold(fn, 1)
    await rig.clock.advance(600_000)
    assert.equal(isResting(fn), false)
    end()

    await rig.clock.advance(28_000)
    assert.equal(isResting(fn), false)
    await rig.clock.advance(6_000)
    assert.equal(isResting(fn), true)
  })

  it('jobs that wait keep it awake', async () => {
    start()
    const fn = await rig.deploy('jobs', ZERO)
    rig.backlogs.set(fn, 1)

    await rig.clock.advance(600_000)

    assert.equal(isResting(fn), false)
  })

  it('one that is frozen, or at zero, wakes for queued calls that are about to be made', async () => {
    start()
    const frozen = await rig.deploy('frozen', ZERO)
    const gone = await rig.deploy('gone')
    await rig.control.scale(gone, 0)
    await rig.clock.advance(40_000)
    assert.deepEqual([isResting(frozen), rig.count(gone)], [true, 0])

    for (const fn of [frozen, gone]) rig.backlogs.set(fn, 1)
    await rig.clock.advance(2_000)

    assert.deepEqual([isResting(frozen), rig.count(gone)], [false, 1])
  })

  it('a wake-up by a call is told, and begins the duration anew', async () => {
    start()
    const fn = await rig.deploy('called', ZERO)
    await rig.clock.advance(40_000)
    rig.scaler.nudge(fn)
    rig.control.wake(fn)
    assert.equal(isResting(fn), false)

    await rig.clock.advance(28_000)
    assert.equal(isResting(fn), false)
    await rig.clock.advance(4_000)

    assert.equal(isResting(fn), true)
    const [, woken] = rig.scaler.events.recent(fn)
    assert.deepEqual([woken?.kind, woken?.reason], ['woken', 'a call waits'])
  })

  it('nothing is idle right after a start, whatever was before (S19)', async () => {
    start()
    const fn = await rig.deploy('before', ZERO)
    await rig.clock.advance(20_000)
    const { store } = rig
    await rig.end()
    start({ store })
    await rig.provider.start(store.all())

    await rig.clock.advance(28_000)
    assert.equal(isResting(fn), false)
    await rig.clock.advance(4_000)

    assert.equal(isResting(fn), true)
  })

  it('one that is called while it rests, since its replica was not frozen, rests no more', async () => {
    start()
    const fn = await rig.deploy('odd', ZERO)
    await rig.clock.advance(40_000)

    await rig.load(fn, 1, 2)

    assert.equal(isResting(fn), false)
  })

  it('one whose replica is not frozen is told to rest again, every ten seconds', async () => {
    start()
    const fn = await rig.deploy('stubborn', ZERO)
    await rig.clock.advance(32_000)
    rig.provider.wake(fn)
    const before = rig.provider.applied.length

    await rig.clock.advance(12_000)

    assert.equal(rig.provider.applied.length, before + 1)
    assert.equal(rig.provider.replicas(fn)[0]?.state, 'frozen')
  })

  it('one that does not work does not rest', async () => {
    start()
    rig.provider.holdReady = true
    const fn = await rig.deploy('broken', ZERO)

    await rig.clock.advance(60_000)

    assert.equal(isResting(fn), false)
  })

  it('zero-mode stop goes to nothing at once', async () => {
    start()
    const fn = await rig.deploy('stopped', { ...ZERO, 'zero-mode': 'stop' })

    await rig.clock.advance(32_000)

    assert.deepEqual([rig.count(fn), isResting(fn)], [0, false])
  })

  it('freeze alone freezes, and never removes', async () => {
    start()
    const fn = await rig.deploy('frozen', { freeze: '10s' })

    await rig.clock.advance(7_300_000)

    assert.deepEqual([isResting(fn), rig.count(fn)], [true, 1])
  })

  it('an update that wants no rest ends it', async () => {
    start()
    const fn = await rig.deploy('changed', ZERO)
    await rig.clock.advance(40_000)

    await rig.control.update({ ...rig.desired(fn).spec, labels: {} }, '{}')
    await rig.clock.advance(4_000)

    assert.equal(isResting(fn), false)
  })

  it('short of memory, those that were called least lately go first, and only those at zero', async () => {
    start()
    const names = ['a', 'b', 'c', 'd', 'e', 'f']
    const fns = await Promise.all(names.map((name) => rig.deploy(name, ZERO)))
    const frozen = await rig.deploy('frozen', { freeze: '10s' })
    for (const fn of fns.toReversed()) await rig.load(fn, 1, 2)
    await rig.clock.advance(60_000)
    rig.available = 99

    await rig.clock.advance(2_000)
    assert.deepEqual(
      fns.map((fn) => rig.count(fn)),
      [1, 1, 0, 0, 0, 0],
    )
    rig.available = 100
    await rig.clock.advance(10_000)

    assert.deepEqual([rig.count(fns[0] ?? frozen), rig.count(frozen)], [1, 1])
  })

  it('a thousand that are idle at once are laid to rest by and by', async () => {
    start()
    const fns = []
    for (let at = 0; at < 120; at += 1) fns.push(await rig.deploy(`f${at}`, ZERO))

    await rig.clock.advance(30_000)
    assert.equal(fns.filter(isResting).length, 50)
    await rig.clock.advance(4_000)

    assert.equal(fns.filter(isResting).length, 120)
  })
})
