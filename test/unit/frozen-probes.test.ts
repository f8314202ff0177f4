import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deferred } from '../../src/clock.ts'
import { probeRigs } from '../fakes/probe-rig.ts'

const annotations = {
  'com.openfaas.ready.http.path': '/ready',
  'com.openfaas.ready.http.periodSeconds': '2',
  'com.openfaas.health.http.path': '/health',
  'com.openfaas.health.http.periodSeconds': '2',
  'com.openfaas.health.http.failureThreshold': '1',
}

const rig = probeRigs()

describe('the probes of a replica that is frozen', () => {
  it('a frozen replica is asked nothing, and is not replaced however long it rests', async () => {
    const made = rig(annotations)
    await made.seconds(10)
    made.change({ state: 'frozen' })
    const { length } = made.asked

    await made.seconds(3_600)

    assert.equal(made.asked.length, length)
    assert.deepEqual([made.state, made.failures, made.clock.waiting], ['frozen', [], 0])
  })

  it('a thawed replica is asked again, by both series', async () => {
    const made = rig(annotations)
    await made.seconds(10)
    made.change({ state: 'frozen' })
    await made.seconds(60)

    made.thaw()
    await made.seconds(9)

    assert.equal(made.times('/ready', 70).length, 4)
    assert.equal(made.times('/health', 70).length, 4)
  })

  it('a replica that is thawed before its probes have noticed the freeze is asked once a period, not twice', async () => {
    const made = rig(annotations)
    await made.seconds(10.5)
    made.change({ state: 'frozen' })

    made.thaw()
    await made.seconds(10)

    assert.equal(made.times('/health', 10.5).length, 5)
  })

  it('a question that a freeze held up does not count against the replica', async () => {
    const made = rig(annotations)
    await made.seconds(10.5)
    const answers = deferred<void>()
    made.held = answers.promise
    made.bad.add('/health')
    await made.seconds(2)
    assert.equal(made.times('/health', 10.5).length, 1)

    made.change({ state: 'frozen' })
    await made.seconds(1)
    made.thaw()
    answers.resolve()
    made.held = null
    await made.seconds(0)
    assert.deepEqual([made.state, made.failures], ['ready', []])

    await made.seconds(2)
    assert.deepEqual(made.failures, ['it failed its health probe: refused'], 'asked after the thaw it counts')
  })
})
