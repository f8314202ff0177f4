import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deferred } from '../../src/clock.ts'
import { hello, ReconcilerRig } from '../fakes/reconciler-rig.ts'
import { deployed } from '../fixtures/deployed.ts'

const first = deployed({ revision: 1 })
const { spec, revision, artifact } = first
// Another image than the one before: which of them is made can be told apart.
const second = deployed({
  revision: 2,
  artifact: `sha256:${'2'.repeat(64)}`,
  lastGood: { spec, revision, artifact },
})

describe('the reconciler, when an update cannot run', () => {
  async function withFailedUpdate(): Promise<ReconcilerRig> {
    const rig = new ReconcilerRig()
    rig.broken.add(2)
    rig.reconciler.apply(first)
    await rig.clock.advance(0)
    rig.reconciler.apply(second)
    await rig.clock.advance(0)
    return rig
  }

  it('leaves the last good revision in service, and says so where it logs the reason', async () => {
    const rig = await withFailedUpdate()

    const [line] = rig.log.named('replica failed, will retry')

    assert.deepEqual(rig.serving(), [1])
    assert.deepEqual([line?.fields['revision'], line?.fields['serving']], [2, 1])
    assert.equal(rig.reconciler.trouble(hello).setback, 'it exited with code 1')
  })

  it('makes the last good one again when its replica dies, of its own image, and the reason stays', async () => {
    const rig = await withFailedUpdate()
    rig.table.delete(rig.table.ready(hello)[0]?.id ?? '')
    rig.reconciler.nudge(hello)
    await rig.clock.advance(0)

    assert.deepEqual(rig.serving(), [1])
    assert.equal(rig.artifacts.at(-1), artifact)
    assert.equal(rig.reconciler.trouble(hello).setback, 'it exited with code 1')
  })

  it('makes it again also after a restart, once the newest was seen to fail', async () => {
    const rig = new ReconcilerRig()
    rig.broken.add(2)
    rig.reconciler.apply(second)
    await rig.clock.advance(0)

    assert.deepEqual(rig.serving(), [1])
  })

  it('does not make it only because the newest has not begun yet', async () => {
    const rig = new ReconcilerRig()
    rig.reconciler.apply(second)
    await rig.clock.advance(0)

    assert.deepEqual([rig.serving(), rig.made], [[2], 1])
  })

  it('serves with the last good one while the image of the newest is fetched', async () => {
    const rig = new ReconcilerRig()
    rig.fetching = deferred<void>().promise
    rig.reconciler.apply({ ...second, artifact: null })
    await rig.clock.advance(0)
    rig.reconciler.nudge(hello)
    await rig.clock.advance(0)

    assert.deepEqual(rig.serving(), [1])
  })

  it('tries a last good one that dies as well ever later, too', async () => {
    const rig = await withFailedUpdate()
    rig.broken.add(1)
    rig.crash()
    await rig.clock.advance(30_000)

    assert.ok(rig.made < 16, `${rig.made} replicas were made`)
  })

  it('tries both again at once when what they lacked may be there', async () => {
    const rig = await withFailedUpdate()
    rig.broken.add(1)
    rig.crash()
    await rig.clock.advance(10_000)
    const before = rig.made
    rig.broken.clear()

    rig.reconciler.hurry(hello)
    await rig.clock.advance(0)

    assert.ok(rig.artifacts.slice(before).includes(artifact))
    assert.deepEqual(rig.serving(), [2])
  })

  it('goes over to the newest when that can run after all, and forgets the last good one', async () => {
    const rig = await withFailedUpdate()
    rig.broken.clear()
    await rig.clock.advance(2_000)
    assert.deepEqual(rig.serving(), [2])

    const { lastGood: _, ...proved } = second
    rig.reconciler.apply(proved)
    await rig.clock.advance(0)

    assert.equal(rig.table.of(hello).length, 1)
    assert.equal(rig.reconciler.trouble(hello).setback, '')
  })
})
