import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deferred } from '../../src/clock.ts'
import { FaasError } from '../../src/core/errors.ts'
import { eventually } from '../fakes/eventually.ts'
import { FreezerRig } from '../fakes/freezer-rig.ts'

describe('work on a replica that may be frozen', () => {
  it('thaws it first, and no freeze begins before the work has ended', async () => {
    const rig = new FreezerRig()
    await rig.frozen()
    const work = deferred<void>()

    const done = rig.freezer.whileAwake('a', () => {
      rig.told.push('work')
      return work.promise
    })
    await eventually(() => rig.told.includes('work'))
    rig.freezer.freeze('a')
    assert.deepEqual([rig.state, rig.told], ['ready', ['unpause', 'ready 1', 'thawed', 'work']])
    work.resolve()
    await done

    assert.deepEqual(rig.told.slice(4), ['turned'])
    rig.freezer.freeze('a')
    await rig.idle()
    assert.equal(rig.state, 'frozen')
  })

  it('waits for the freeze that is under way, and lets the next one go on when it fails', async () => {
    const rig = new FreezerRig()
    rig.held = deferred()
    rig.freezer.freeze('a')
    await eventually(() => rig.told.includes('pause'))

    const failed = assert.rejects(
      rig.freezer.whileAwake('a', () => Promise.reject(new FaasError('conflict', 'no'))),
      /no/,
    )
    rig.held.resolve()
    await eventually(async () => {
      await rig.clock.advance(5)
      return rig.told.includes('unpause')
    })
    await failed

    assert.equal(rig.record?.turning, null)
  })

  it('is not begun for one that is gone', async () => {
    const rig = new FreezerRig()

    await assert.rejects(
      rig.freezer.whileAwake('b', () => Promise.resolve()),
      /has ended meanwhile/,
    )
  })
})
