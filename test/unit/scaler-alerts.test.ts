import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'node:test'
import { ScalerRig, type RigOptions } from '../fakes/scaler-rig.ts'

let rig: ScalerRig
const start = (options: RigOptions = {}): void => {
  rig = new ScalerRig(options)
  rig.scaler.start()
}
afterEach(() => rig.end())

describe('alerts beside the built-in scaling', () => {
  it('raise the count at once, hold it, and give it back when they end', async () => {
    start()
    const fn = await rig.deploy('alerted')
    rig.scaler.alertFires(fn, 4)
    assert.equal(rig.count(fn), 4)
    await rig.clock.advance(85_000)
    assert.equal(rig.count(fn), 4)

    rig.scaler.alertEnds(fn)
    await rig.clock.advance(1)

    assert.equal(rig.count(fn), 1)
    assert.deepEqual(rig.told(fn), ['alert 1 1', 'scaled 1 4', 'alert 4 4', 'scaled 4 1'])
  })

  it('one that is not repeated ends after 90 s (S25)', async () => {
    start()
    const fn = await rig.deploy('alerted')
    rig.scaler.alertFires(fn, 4)
    await rig.clock.advance(60_000)
    rig.scaler.alertFires(fn, 4)
    await rig.clock.advance(89_000)
    assert.equal(rig.count(fn), 4)

    await rig.clock.advance(65_000)

    assert.equal(rig.count(fn), 1)
  })

  it('leave static functions and those at zero alone', async () => {
    start()
    const fixed = await rig.deploy('fixed', { min: '2', max: '2' })
    rig.scaler.alertFires(fixed, 5)
    const off = await rig.deploy('off')
    await rig.control.scale(off, 0)
    rig.scaler.alertEnds(off)

    await rig.clock.advance(10_000)

    assert.deepEqual([rig.count(fixed), rig.count(off)], [2, 0])
  })

  for (const mode of ['alert', 'off'] as const)
    it(`load changes nothing with SAMPAN_AUTOSCALER=${mode}`, async () => {
      start({ mode })
      const fn = await rig.deploy('hello')

      await rig.load(fn, 500, 20)

      assert.equal(rig.count(fn), 1)
    })
})
