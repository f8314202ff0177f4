import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deferred } from '../../src/clock.ts'
import { FaasError } from '../../src/core/errors.ts'
import { EngineAway } from '../../src/provider/docker/engine/errors.ts'
import { hello, ReconcilerRig } from '../fakes/reconciler-rig.ts'
import { deployed, identityOf } from '../fixtures/deployed.ts'

describe('the reconciler', () => {
  it('makes what is missing, however many, and then rests', async () => {
    const rig = new ReconcilerRig()

    rig.reconciler.apply(deployed({ replicas: 10 }))
    await rig.clock.advance(0)
    const { prepared } = rig
    rig.reconciler.nudgeAll()
    await rig.clock.advance(0)

    assert.equal(rig.ready(), 10)
    assert.equal(rig.prepared, prepared)
    assert.equal(rig.clock.waiting, 0)
  })

  it('replaces a crashed replica, ever later while it goes on crashing', async () => {
    const rig = new ReconcilerRig()
    rig.reconciler.apply(deployed())
    await rig.clock.advance(0)

    const waits: number[] = []
    for (let crash = 0; crash < 4; crash += 1) {
      rig.crash()
      await rig.clock.advance(0)
      assert.equal(rig.ready(), 0)
      let waitedMs = 0
      while (rig.ready() === 0) {
        await rig.clock.advance(500)
        waitedMs += 500
      }
      waits.push(waitedMs)
    }

    assert.deepEqual(waits, [1_000, 2_000, 4_000, 8_000])
  })

  it('tries a function that crashed six times in a minute once in half a minute, however many calls ask (F2t)', async () => {
    const rig = new ReconcilerRig()
    rig.broken.add(1)
    rig.reconciler.apply(deployed({ revision: 1 }))
    const beganMs = rig.clock.now()
    while (rig.made < 6) await rig.clock.advance(500)
    assert.ok(rig.clock.now() - beganMs < 60_000)

    for (let call = 0; call < 300; call += 1) {
      rig.reconciler.wake(hello)
      rig.reconciler.nudge(hello)
      await rig.clock.advance(100)
    }
    assert.equal(rig.made, 6)
    await rig.clock.advance(3_000)

    assert.equal(rig.made, 7)
    assert.match(rig.reconciler.trouble(hello).setback, /exited with code 1/)
  })

  it('begins anew with a new revision', async () => {
    const rig = new ReconcilerRig()
    rig.makeFails = new FaasError('unavailable', 'Docker could not start the container: no space')
    rig.reconciler.apply(deployed({ revision: 1 }))
    await rig.clock.advance(30_000)
    rig.makeFails = null

    rig.reconciler.apply(deployed({ revision: 2 }))
    await rig.clock.advance(0)

    assert.equal(rig.ready(), 1)
    assert.equal(rig.reconciler.trouble(hello).setback, '')
  })

  it('tries a function that cannot be made seldom, and says why', async () => {
    const rig = new ReconcilerRig()
    rig.makeFails = new FaasError('unavailable', 'Docker could not start the container: no space')

    rig.reconciler.apply(deployed())
    for (let nudge = 0; nudge < 100; nudge += 1) {
      rig.reconciler.nudge(hello)
      await rig.clock.advance(100)
    }

    assert.ok(rig.prepared <= 5, `${rig.prepared} tries in 10 s`)
    assert.match(rig.reconciler.trouble(hello).setback, /no space/)
  })

  it('fetches an image that is missing once, in the background', async () => {
    const rig = new ReconcilerRig()
    rig.hasImage = false

    rig.reconciler.apply(deployed({ replicas: 3 }))
    rig.reconciler.nudge(hello)
    await rig.clock.advance(0)

    assert.equal(rig.fetched, 1)
    assert.equal(rig.ready(), 3)
  })

  it('makes nothing of the image that the engine has under the name while a newer one is being pulled', async () => {
    const rig = new ReconcilerRig()
    const pull = deferred<void>()
    rig.fetching = pull.promise

    rig.reconciler.apply(deployed({ artifact: null }))
    await rig.clock.advance(0)
    assert.equal(rig.made, 0)
    assert.equal(rig.reconciler.trouble(hello).isFetching, true)

    pull.resolve()
    await rig.clock.advance(0)
    rig.reconciler.apply(deployed({ artifact: null, replicas: 2 }))
    await rig.clock.advance(0)
    assert.deepEqual(rig.artifacts, ['sha256:fetched', 'sha256:fetched'])
    assert.equal(rig.fetched, 1)
  })

  it('the reconciler does not ask for an image that cannot be had in a hot loop', async () => {
    const rig = new ReconcilerRig()
    rig.hasImage = false
    rig.fetchFails = new FaasError('invalid', 'image: cannot be had')

    rig.reconciler.apply(deployed())
    await rig.clock.advance(20_000)

    assert.ok(rig.fetched >= 3 && rig.fetched <= 6, `${rig.fetched} fetches in 20 s`)
    assert.match(rig.reconciler.trouble(hello).setback, /cannot be had/)
  })

  it('leaves everything as it is while the engine is away', async () => {
    const rig = new ReconcilerRig()
    rig.isUp = false
    rig.reconciler.apply(deployed())
    await rig.clock.advance(60_000)
    assert.equal(rig.prepared, 0)

    rig.isUp = true
    rig.reconciler.nudgeAll()
    await rig.clock.advance(0)
    assert.equal(rig.ready(), 1)
  })

  it('the reconciler does not want a replica of a removed function for another one of its name', async () => {
    const rig = new ReconcilerRig()
    rig.reconciler.apply(deployed({ revision: 1, createdAtMs: 1_000 }))
    await rig.clock.advance(0)
    const [replica] = rig.table.of(hello)
    assert.ok(replica)
    assert.equal(rig.reconciler.isWanted(replica), true)

    rig.reconciler.remove(hello)
    assert.equal(rig.reconciler.isWanted(replica), false)
    rig.reconciler.apply(deployed({ revision: 2, createdAtMs: 5_000 }))

    assert.equal(rig.reconciler.isWanted(replica), false)
  })

  it('the reconciler does not blame a function for an engine that went away', async () => {
    const rig = new ReconcilerRig()
    rig.makeFails = new EngineAway('the connection broke off')

    rig.reconciler.apply(deployed())
    await rig.clock.advance(0)

    assert.equal(rig.away, 1)
    assert.equal(rig.reconciler.trouble(hello).setback, '')
  })

  it('ignores a revision older than the one it has', async () => {
    const rig = new ReconcilerRig()

    rig.reconciler.apply(deployed({ revision: 2 }))
    rig.reconciler.apply(deployed({ revision: 1 }))

    assert.equal(rig.reconciler.desired(hello)?.revision, 2)
  })

  it('takes everything down with a removal, what was being made included', async () => {
    const rig = new ReconcilerRig()
    rig.reconciler.apply(deployed({ replicas: 2 }))
    rig.reconciler.remove(hello)

    await rig.clock.advance(0)

    assert.deepEqual(rig.table.functions(), [])
    assert.equal(rig.clock.waiting, 0)
  })

  it('ends an update of a function whose replicas were all found frozen, as after a restart of the daemon', async () => {
    const rig = new ReconcilerRig()
    const next = deployed({ revision: 2, isResting: true })
    for (const [id, fn] of [
      ['old', deployed()],
      ['new', next],
    ] as const) {
      rig.table.add(id, identityOf(fn), { isRunning: true, host: '10.0.0.1' })
      rig.table.change(id, { state: 'frozen' })
    }

    rig.reconciler.apply(next)
    await rig.clock.advance(0)

    assert.deepEqual(rig.table.ids(), ['new'])
    assert.deepEqual([rig.made, rig.table.get('new')?.replica.state], [0, 'frozen'])
  })

  it('freezes a replica with calls when a later round finds it without', async () => {
    const rig = new ReconcilerRig()
    rig.busy.add('replica-1')
    rig.reconciler.apply(deployed({ isResting: true }))
    await rig.clock.advance(0)
    assert.equal(rig.ready(), 1)

    rig.busy.clear()
    rig.reconciler.nudgeAll()
    await rig.clock.advance(0)

    assert.deepEqual([rig.ready(), rig.table.get('replica-1')?.replica.state], [0, 'frozen'])
  })

  it('wakes a function while a round of it is busy making replicas, and leaves it awake until it is to rest again', async () => {
    const rig = new ReconcilerRig()
    rig.reconciler.apply(deployed({ isResting: true }))
    await rig.clock.advance(0)
    assert.equal(rig.ready(), 0)
    rig.reconciler.apply(deployed({ replicas: 2, isResting: true }))

    rig.reconciler.wake(hello)
    assert.equal(rig.ready(), 1, 'in the same turn')
    await rig.clock.advance(0)
    rig.reconciler.nudgeAll()
    await rig.clock.advance(0)

    assert.equal(rig.ready(), 2)
    rig.reconciler.apply(deployed({ replicas: 2, isResting: true }))
    await rig.clock.advance(0)
    assert.equal(rig.ready(), 0)
  })

  it('thaws also while the engine is away, which the kernel can do alone, and freezes when it is back', async () => {
    const rig = new ReconcilerRig()
    rig.reconciler.apply(deployed({ isResting: true }))
    await rig.clock.advance(0)
    rig.isUp = false

    rig.reconciler.wake(hello)
    assert.equal(rig.ready(), 1)
    rig.reconciler.apply(deployed({ isResting: true }))
    await rig.clock.advance(0)
    assert.equal(rig.ready(), 1)
    rig.isUp = true
    rig.reconciler.nudgeAll()
    await rig.clock.advance(0)

    assert.equal(rig.ready(), 0)
  })
})
