import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { eventually } from '../fakes/eventually.ts'
import { RetirementRig } from '../fakes/retirement-rig.ts'

describe('the stop of the retirement', () => {
  const phases = [
    ['drain', ['drain a']],
    ['stop', ['drain a', 'stop a']],
    ['keep', ['drain a', 'stop a', 'keep a']],
  ] as const
  for (const [phase, steps] of phases) {
    it(`leaves a replica for the next start that is at "${phase}", and says nothing`, async () => {
      const rig = new RetirementRig()
      rig.add('a')
      rig.hold(phase)
      rig.retirement.begin('a', 'surplus')
      await rig.reached(`${phase} a`)

      const stopped = rig.retirement.stop()
      // What waits ends by itself; the engine is let end what it was asked.
      if (phase === 'stop') rig.letGo(phase)
      await stopped

      assert.deepEqual(rig.steps, steps)
      assert.ok(rig.table.get('a') !== undefined)
      assert.deepEqual([rig.gone, rig.failures, rig.log.lines], [[], [], []])
      assert.equal(rig.clock.waiting, 0)
    })
  }

  it('leaves a dead one whose log is being kept', async () => {
    const rig = new RetirementRig()
    rig.addDead('a')
    rig.hold('keep')
    rig.retirement.begin('a', 'surplus')
    await eventually(() => rig.deaths.length === 1)

    await rig.retirement.stop()

    assert.deepEqual(rig.steps, ['keep a', 'inspect a'])
    assert.deepEqual([rig.gone, rig.failures, rig.log.lines], [[], [], []])
  })

  it('waits for a removal under way, tells of that one, and begins no other', async () => {
    const rig = new RetirementRig()
    rig.hold('remove')
    for (const id of ['a', 'b', 'c', 'd', 'e']) {
      rig.addDead(id)
      rig.retirement.begin(id, 'surplus')
    }
    await rig.reached('remove d')

    const stopped = rig.retirement.stop()
    rig.letGo('remove')
    await stopped

    assert.deepEqual(rig.table.ids(), ['e'])
    assert.equal(rig.gone.length, 4)
    assert.deepEqual(rig.log.messages('info'), Array(4).fill('replica removed'))
  })

  it('says nothing of an engine that fails meanwhile', async () => {
    const rig = new RetirementRig()
    rig.add('a')
    rig.hold('stop')
    rig.fail('stop', new Error('the connection was closed'))
    rig.retirement.begin('a', 'surplus')
    await rig.reached('stop a')

    const stopped = rig.retirement.stop()
    rig.letGo('stop')
    await stopped

    assert.deepEqual([rig.gone, rig.failures, rig.log.lines], [[], [], []])
  })

  it('the stop of the retirement is the end: nothing begins after it', async () => {
    const rig = new RetirementRig()
    rig.add('a')

    await rig.retirement.stop()
    rig.retirement.begin('a', 'surplus')
    await rig.retirement.stop()

    assert.deepEqual(rig.steps, [])
    assert.equal(rig.table.get('a')?.replica.state, 'ready')
  })
})
