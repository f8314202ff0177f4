import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'node:test'
import { conditionOf } from '../../src/core/functions/function-condition.ts'
import type { FunctionName } from '../../src/core/functions/function-name.ts'
import { ScalerRig, type RigOptions } from '../fakes/scaler-rig.ts'

let rig: ScalerRig
const start = (options: RigOptions = {}): void => {
  rig = new ScalerRig(options)
  rig.scaler.start()
}
afterEach(() => rig.end())

const condition = (fn: FunctionName, isTrouble: boolean) =>
  conditionOf({
    fn,
    newest: { revision: 1, image: 'a' },
    lastGood: null,
    lastGoodObstacle: '',
    desired: 2,
    ready: [1],
    obstacle: 'it crashed',
    isTrouble,
    lastWords: [],
  })

describe('scaling by load', () => {
  it('calls per second raise the count within seconds, and not above what they need', async () => {
    start()
    const fn = await rig.deploy('hello')

    await rig.load(fn, 200, 10)
    assert.equal(rig.count(fn), 3)
    await rig.load(fn, 200, 25)

    assert.equal(rig.count(fn), 5)
    const [first] = rig.scaler.events.recent(fn)
    assert.match(first?.reason ?? '', /calls\/s, target 45 each, 1 ready: 2 recommended$/)
    assert.equal(rig.log.named('scaling: scaled').length, rig.told(fn).length)
  })

  it('10 calls a second of 50 change nothing (S9)', async () => {
    start()
    const fns = [await rig.deploy('hello'), await rig.deploy('told', { target: '50', max: '5' })]

    for (const fn of fns) {
      await rig.load(fn, 10, 60)
      assert.deepEqual([rig.count(fn), rig.told(fn)], [1, []])
    }
  })

  it('a function that has a maximum and names no signal is scaled from 5 calls a second on, and back soon', async () => {
    start()
    const fn = await rig.deploy('classic', { min: '1', max: '2' })

    await rig.load(fn, 5, 60)
    assert.equal(rig.count(fn), 1)
    await rig.load(fn, 10, 30)
    assert.equal(rig.count(fn), 2)
    await rig.clock.advance(45_000)

    assert.equal(rig.count(fn), 1)
  })

  it('one whose factor is 0, and that names no signal, is not scaled by load either', async () => {
    start()
    const fn = await rig.deploy('off', { max: '5', factor: '0' })

    await rig.load(fn, 500, 20)

    assert.equal(rig.count(fn), 1)
  })

  it("calls at a time raise it by the vendor's examples (S6, S7)", async () => {
    start()
    const whole = await rig.deploy('whole', { type: 'capacity', target: '5', 'target-proportion': '1.0' })
    const part = await rig.deploy('part', { mode: 'capacity', target: '5', proportion: '0.9' })
    const ends = [whole, part].map((fn) => rig.hold(fn, 15))

    await rig.clock.advance(10_000)

    assert.deepEqual([rig.count(whole), rig.count(part)], [3, 4])
    for (const end of ends) end()
  })

  it('jobs of the queue raise it to the maximum by steps (S8)', async () => {
    start()
    const fn = await rig.deploy('jobs', { type: 'queue', target: '10', max: '20' })
    rig.backlogs.set(fn, 1_000)

    await rig.clock.advance(2_000)
    assert.equal(rig.count(fn), 3)
    await rig.clock.advance(8_000)

    assert.equal(rig.count(fn), 20)
  })

  it('on two cores it adds one at a time', async () => {
    start({ cores: 2 })
    const fn = await rig.deploy('jobs', { type: 'queue', target: '10' })
    rig.backlogs.set(fn, 1_000)

    await rig.clock.advance(6_000)

    assert.equal(rig.count(fn), 4)
  })

  it('processor time is measured every ten seconds, and is good for one replica a core', async () => {
    start({ cores: 4 })
    const fn = await rig.deploy('busy', { type: 'cpu', target: '100' })
    rig.provider.usageNow = { cpuMillicores: 4_000, memoryBytes: 0 }

    await rig.clock.advance(9_000)
    assert.equal(rig.count(fn), 1)
    await rig.clock.advance(10_000)

    assert.equal(rig.count(fn), 4)
  })

  it('memory is in mebibytes', async () => {
    start()
    const fn = await rig.deploy('large', { type: 'memory', target: '100', proportion: '1' })
    rig.provider.usageNow = { cpuMillicores: 0, memoryBytes: 250 * 2 ** 20 }

    await rig.clock.advance(20_000)

    assert.equal(rig.count(fn), 3)
  })

  it('slow calls raise it by as much as they are too slow', async () => {
    start()
    const fn = await rig.deploy('slow', { type: 'latency', target: '5', proportion: '1', max: '2' })

    await rig.load(fn, 1, 10)

    assert.equal(rig.count(fn), 2)
    const [scaled] = rig.scaler.events.recent(fn)
    assert.match(scaled?.reason ?? '', /^10 ms per call \(95 of 100 within 10 ms\), target 5 each/)
  })

  it('min = max is static, whatever the load (S11)', async () => {
    start()
    const fn = await rig.deploy('fixed', { min: '2', max: '2' })

    await rig.load(fn, 500, 20)

    assert.equal(rig.count(fn), 2)
  })

  it('a rule that is not here scales nothing', async () => {
    start()
    const fn = await rig.deploy('other', { type: 'my-rule' })
    await rig.control.scale(fn, 3)

    await rig.load(fn, 500, 100)

    assert.equal(rig.count(fn), 3)
  })

  it('nothing is scaled while the image is pulled, an update goes on, or after trouble', async () => {
    start()
    const fn = await rig.deploy('ill')
    rig.provider.conditions.set(fn, condition(fn, true))
    await rig.load(fn, 500, 20)
    assert.equal(rig.count(fn), 1)

    rig.provider.conditions.delete(fn)
    await rig.load(fn, 500, 25)
    assert.equal(rig.count(fn), 1)
    await rig.load(fn, 500, 10)

    assert.ok(rig.count(fn) > 1)
  })

  it('calls that wait are looked at before the next tick', async () => {
    start()
    const fn = await rig.deploy('crowded', { type: 'capacity', target: '1', proportion: '1' })
    await rig.clock.advance(2_000)
    const end = rig.hold(fn, 10)

    rig.scaler.nudge(fn)
    rig.scaler.nudge(fn)
    await rig.clock.advance(1)
    assert.equal(rig.count(fn), 3)
    rig.scaler.nudge(fn)
    await rig.clock.advance(498)
    assert.equal(rig.count(fn), 3)
    await rig.clock.advance(1)

    assert.equal(rig.count(fn), 6)
    end()
  })
})
