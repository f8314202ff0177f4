import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { eventually } from '../fakes/eventually.ts'
import { RetirementRig } from '../fakes/retirement-rig.ts'

describe('the last lines of a replica that goes', () => {
  it('are told of one that died, and of one that runs but was given up', async () => {
    const rig = new RetirementRig()
    rig.addDead('dead')
    rig.add('failed')
    rig.table.change('failed', { state: 'starting', isFailed: true })

    rig.retirement.begin('dead', 'dead')
    rig.retirement.begin('failed', 'failed')
    await eventually(() => rig.gone.length === 2)

    assert.deepEqual(rig.heard.toSorted(), ['dead: the last line', 'failed: the last line'])
  })

  it('are nothing to tell of one that leaves in good order', async () => {
    const rig = new RetirementRig()
    rig.add('replaced')

    rig.retirement.begin('replaced', 'outdated')
    await eventually(() => rig.gone.length === 1)

    assert.deepEqual(rig.heard, [])
  })
})
