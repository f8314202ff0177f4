import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FaasError, hasCode } from '../../src/core/errors.ts'
import { isVain, type WaitFacts } from '../../src/provider/docker/readiness/vain-wait.ts'
import { hello, ReconcilerRig } from '../fakes/reconciler-rig.ts'
import { deployed } from '../fixtures/deployed.ts'

const setbacks = { count: 2, retryAtMs: 5_000, reason: 'it exited with code 1' }
const looping: WaitFacts = {
  isEngineUp: true,
  isFetching: false,
  isProved: false,
  canFallBack: false,
  running: 0,
  stuck: 0,
  setbacks,
  untilNextTryMs: 4_000,
  hasJustFailed: false,
  isUnmade: false,
  nowMs: 1_000,
}

describe('waiting for a function', () => {
  it('is in vain when a revision that never was ready failed twice, until it is tried again', () => {
    assert.equal(isVain(looping), true)
    for (const hope of [
      { setbacks: { ...setbacks, count: 1 } },
      { setbacks: { ...setbacks, reason: '' } },
      { nowMs: 5_000 },
      { running: 1 },
      { isFetching: true },
      { canFallBack: true },
      { isEngineUp: false },
    ])
      assert.equal(isVain({ ...looping, ...hope }), false, JSON.stringify(hope))
  })

  it('is in vain for one that was ready only when it cannot even be made: what served may come back', () => {
    const proved = { ...looping, isProved: true, setbacks: { ...setbacks, count: 9 } }

    assert.equal(isVain(proved), false)
    assert.equal(isVain({ ...proved, isUnmade: true }), true)
    assert.equal(isVain({ ...proved, isUnmade: true, setbacks }), false)
  })

  it('is in vain for any function that is tried again only in a while, unless one of its replicas is starting', () => {
    const far = {
      ...looping,
      isProved: true,
      setbacks: { count: 4, retryAtMs: 9_000, reason: 'it exited with code 1' },
      untilNextTryMs: 8_000,
    }

    assert.equal(isVain(far), true)
    for (const hope of [{ untilNextTryMs: 5_000 }, { running: 1 }, { isFetching: true }, { nowMs: 9_000 }])
      assert.equal(isVain({ ...far, ...hope }), false, JSON.stringify(hope))
  })

  it('is in vain for one that was ready once it has failed three times before the eyes of the caller', () => {
    const proved = { ...looping, isProved: true, hasJustFailed: true }

    assert.equal(isVain(proved), false)
    assert.equal(isVain({ ...proved, setbacks: { ...setbacks, count: 3 } }), true)
  })

  it('is in vain when all that runs listens elsewhere', () => {
    assert.equal(isVain({ ...looping, running: 2, stuck: 2 }), true)
    assert.equal(isVain({ ...looping, running: 2, stuck: 1 }), false)
  })
})

/** A call that waits; how its wait ended. */
function waiting(rig: ReconcilerRig): { end: string; retryAfterS: number | undefined } {
  const wait: { end: string; retryAfterS: number | undefined } = { end: '', retryAfterS: undefined }
  rig.outlook.whenReady(hello, new AbortController().signal).then(
    ({ id }) => (wait.end = id),
    (error: unknown) => {
      wait.end = hasCode(error, 'unavailable') ? String(error) : 'something else'
      if (error instanceof FaasError) wait.retryAfterS = error.retryAfterS
    },
  )
  return wait
}

describe('a call that waits', () => {
  it('is told the reason at the second crash of a new function, and later ones at once', async () => {
    const rig = new ReconcilerRig()
    rig.broken.add(1)
    rig.reconciler.apply(deployed())
    const first = waiting(rig)
    await rig.clock.advance(900)
    assert.equal(first.end, '')

    await rig.clock.advance(200)
    assert.match(first.end, /function hello\.openfaas-fn is not ready: it exited with code 1$/)
    const second = waiting(rig)
    await rig.clock.advance(0)

    assert.equal(second.end, first.end)
  })

  it('waits on for a function that was ready once, until it is again', async () => {
    const rig = new ReconcilerRig()
    rig.broken.add(1)
    rig.reconciler.apply(deployed({ isProved: true }))
    const call = waiting(rig)
    await rig.clock.advance(2_900)
    assert.equal(call.end, '')

    rig.broken.clear()
    await rig.clock.advance(200)

    assert.match(call.end, /^replica-/)
  })

  it('is told the reason at the third crash in turn of a function that was ready, and when it is tried again', async () => {
    const rig = new ReconcilerRig()
    rig.broken.add(1)
    rig.reconciler.apply(deployed({ isProved: true }))
    const first = waiting(rig)
    await rig.clock.advance(3_100)
    assert.match(first.end, /not ready: it exited with code 1$/)
    assert.equal(first.retryAfterS, 4)

    // The next try is near enough to be waited for, and fails as well.
    const second = waiting(rig)
    await rig.clock.advance(3_800)
    assert.equal(second.end, '')
    await rig.clock.advance(200)
    assert.equal(second.retryAfterS, 8)

    const third = waiting(rig)
    await rig.clock.advance(0)
    assert.equal(third.end, first.end)
    assert.equal(third.retryAfterS, 8)
  })

  it('is told at the third try that the image of a function that was ready is gone', async () => {
    const rig = new ReconcilerRig()
    rig.hasImage = false
    rig.fetchFails = new Error('image: cannot be had')
    rig.reconciler.apply(deployed({ isProved: true }))
    const call = waiting(rig)

    await rig.clock.advance(2_900)
    assert.equal(call.end, '')
    await rig.clock.advance(200)

    assert.match(call.end, /not ready: image: cannot be had$/)
  })

  it('is told of a replica that listens elsewhere, unless the function was ready once', async () => {
    for (const isProved of [false, true]) {
      const rig = new ReconcilerRig()
      rig.startsSlowly = true
      rig.reconciler.apply(deployed({ isProved }))
      const call = waiting(rig)
      await rig.clock.advance(0)
      const [record] = rig.table.of(hello)
      assert.ok(record)
      rig.table.change(record.replica.id, { reason: 'it listens on [::]:3000' })

      rig.outlook.stuck(record)
      await rig.clock.advance(0)

      assert.match(call.end, isProved ? /^$/ : /not ready: it listens on \[::\]:3000$/)
      assert.equal(rig.outlook.condition(hello)?.state, isProved ? 'starting' : 'failing')
    }
  })
})
