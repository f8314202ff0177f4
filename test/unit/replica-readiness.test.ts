import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { probeRigs } from '../fakes/probe-rig.ts'

const READY = 'com.openfaas.ready.http.'
const HOUR_MS = 3_600_000

const rig = probeRigs()

describe('a ready replica with readiness annotations', () => {
  const annotations = { [`${READY}path`]: '/up', [`${READY}periodSeconds`]: '5' }

  it('a ready replica with readiness annotations is asked once a period', async () => {
    const made = rig(annotations)

    await made.seconds(21)

    assert.deepEqual(made.times('/up'), [0, 5, 10, 15, 20])
  })

  it('a ready replica with readiness annotations is asked first in a part of its period that depends on its name', async () => {
    const early = rig(annotations, { id: '000000000123' })

    await early.seconds(11)

    assert.deepEqual(early.times('/up'), [0, 2.5, 7.5])
  })

  it('a ready replica with readiness annotations that goes while it gives a bad answer is not called back', async () => {
    const made = rig({ ...annotations, [`${READY}failureThreshold`]: '1' })
    await made.seconds(1)
    made.bad.add('/up')
    made.meanwhile = () => made.change({ state: 'draining' })

    await made.seconds(5)

    assert.equal(made.state, 'draining')
  })

  it('goes out of service after bad answers in a row, and comes back with a good one', async () => {
    const made = rig(annotations)
    await made.seconds(1)
    made.bad.add('/up')
    await made.seconds(10)
    made.bad.clear()
    await made.seconds(5)
    made.bad.add('/up')
    await made.seconds(10)
    assert.equal(made.state, 'ready', 'never three in a row')

    await made.seconds(5)
    assert.equal(made.state, 'starting')
    assert.equal(made.log.named('replica out of service: readiness probe failed').length, 1)
    made.bad.clear()
    await made.seconds(1)

    assert.equal(made.state, 'ready')
    const since = made.times('/up').at(-1) ?? 0
    await made.seconds(10)
    assert.deepEqual(made.times('/up', since), [since, since + 5, since + 10])
  })

  it('a ready replica with readiness annotations may stay out of service for as long as it says so', async () => {
    const made = rig(annotations)
    await made.seconds(1)
    made.bad.add('/up')

    await made.clock.advance(HOUR_MS)
    assert.equal(made.state, 'starting')
    assert.deepEqual(made.failures, [])
    made.bad.clear()
    await made.seconds(1)

    assert.equal(made.state, 'ready')
  })

  it('a ready replica with readiness annotations is not asked all the time while it is out of service, however short a start may be', async () => {
    const made = rig(annotations, { envVars: { startup_timeout: '1ms' } })
    await made.seconds(1)
    made.bad.add('/up')
    await made.seconds(20)
    const { length } = made.asked

    await made.seconds(10)

    assert.ok(made.asked.length - length <= 41, String(made.asked.length - length))
    assert.deepEqual(made.failures, [])
  })

  it('a ready replica with readiness annotations has the time of a start to go on when it is paused while it is out of service', async () => {
    const made = rig(annotations)
    await made.seconds(1)
    made.bad.add('/up')
    await made.seconds(200)

    made.change({ isPaused: true })
    await made.seconds(59)
    made.change({ isPaused: false })
    await made.seconds(200)
    assert.deepEqual(made.failures, [], 'it went on in time')
    made.change({ isPaused: true })
    await made.seconds(59)
    assert.deepEqual(made.failures, [])
    await made.seconds(2)

    assert.deepEqual(made.failures, [
      'it was not ready within 60 s (startup_timeout): its container was paused by hand ("docker unpause" lets it go on)',
    ])
  })

  it('a ready replica with readiness annotations that a caller could not reach may stay out of service, too', async () => {
    const made = rig(annotations)
    await made.seconds(1)
    made.bad.add('/up')

    made.change({ state: 'starting' })
    made.begin()
    await made.clock.advance(HOUR_MS)

    assert.deepEqual(made.failures, [])
  })

  it('a ready replica with readiness annotations that a caller suspects is asked at once, and once a period after that', async () => {
    const made = rig(annotations)
    await made.seconds(7)

    made.change({ state: 'starting' })
    made.begin()
    await made.seconds(1)
    assert.equal(made.state, 'ready')
    assert.deepEqual(made.times('/up', 7), [7])
    await made.seconds(20)

    assert.equal(made.times('/up', 10).length, 4)
  })

  it('a ready replica with readiness annotations is forgotten when it goes, however long its period', async () => {
    const made = rig({ [`${READY}periodSeconds`]: '99999' })
    await made.seconds(1)
    assert.equal(made.clock.waiting, 1)

    made.change({ state: 'draining' })
    await made.seconds(11)

    assert.equal(made.clock.waiting, 0)
  })
})
