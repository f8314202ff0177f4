import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { probeRigs } from '../fakes/probe-rig.ts'

const READY = 'com.openfaas.ready.http.'
const HEALTH = 'com.openfaas.health.http.'
const HOUR_MS = 3_600_000

const rig = probeRigs()

describe('a starting replica', () => {
  it('a starting replica is asked until it is ready, and then left in peace without annotations', async () => {
    const made = rig({})
    made.bad.add('/_/health')
    await made.seconds(5)
    assert.equal(made.state, 'starting')
    made.bad.clear()
    await made.seconds(1)
    assert.equal(made.state, 'ready')
    const { length } = made.asked

    made.bad.add('/_/health')
    await made.clock.advance(HOUR_MS)

    assert.equal(made.state, 'ready')
    assert.equal(made.asked.length, length)
    assert.equal(made.clock.waiting, 0)
  })

  it('a starting replica is asked often, whatever period is annotated: a call may wait for it', async () => {
    const made = rig({ [`${READY}periodSeconds`]: '60' })
    made.bad.add('/_/health')

    await made.seconds(2)

    assert.ok(made.asked.length > 10, String(made.asked.length))
  })

  it('a starting replica is given up when it is not ready for as long as a start may take', async () => {
    const made = rig({})
    made.bad.add('/_/health')

    await made.seconds(59)
    assert.deepEqual(made.failures, [])
    await made.seconds(2)

    assert.deepEqual(made.failures, ['it was not ready within 60 s (startup_timeout): refused'])
    const { length } = made.asked
    await made.clock.advance(HOUR_MS)
    assert.equal(made.asked.length, length)
  })

  it('a starting replica is not asked before its annotated delay, and its time counts from there', async () => {
    const made = rig({ [`${READY}initialDelaySeconds`]: '30' })
    made.bad.add('/_/health')

    await made.seconds(29.9)
    assert.deepEqual(made.asked, [])
    await made.seconds(0.2)
    assert.deepEqual(made.asked[0], ['/_/health', 30])
    await made.seconds(58)
    assert.deepEqual(made.failures, [])
    await made.seconds(3)
    assert.equal(made.failures.length, 1)
  })

  it('a starting replica has waited already when it is older than its delay, as after a restart of the daemon', async () => {
    const old = rig({ [`${READY}initialDelay`]: '30s' }, { ageSeconds: 40 })
    const young = rig({ [`${READY}initialDelay`]: '30s' }, { ageSeconds: 20 })
    const ofTomorrow = rig({ [`${READY}initialDelay`]: '30s' }, { ageSeconds: -86_400 })

    await Promise.all([old, young, ofTomorrow].map((made) => made.seconds(60)))

    assert.deepEqual(old.asked[0], ['/_/health', 0])
    assert.deepEqual(young.asked[0], ['/_/health', 10])
    assert.deepEqual(ofTomorrow.asked[0], ['/_/health', 30])

    ofTomorrow.change({ state: 'starting' })
    ofTomorrow.begin()
    await ofTomorrow.seconds(1)
    assert.equal(ofTomorrow.state, 'ready', 'one that was ready does not wait for its delay again')
  })

  it('a starting replica has all the time it wants when its watchdog has no limit for a start', async () => {
    const made = rig({}, { envVars: { startup_timeout: '0' } })
    made.bad.add('/_/health')

    await made.clock.advance(HOUR_MS)
    assert.deepEqual(made.failures, [])
    made.bad.clear()
    await made.seconds(1)

    assert.equal(made.state, 'ready')
  })

  it('a starting replica is not ready by an answer from where it was before', async () => {
    const made = rig({})
    made.meanwhile = () => made.change({ host: `10.0.0.${made.asked.length + 1}` })

    await made.seconds(10)

    assert.equal(made.state, 'starting')
  })

  it('a starting replica that is told to go while it answers is not called back', async () => {
    const made = rig({})
    made.meanwhile = () => made.change({ state: 'draining' })

    await made.seconds(1)

    assert.equal(made.state, 'draining')
    assert.equal(made.asked.length, 1)
  })

  it('needs as many good answers in a row as annotated, a period between them', async () => {
    const made = rig({ [`${READY}successThreshold`]: '3', [`${READY}periodSeconds`]: '4' })
    await made.seconds(5)
    made.bad.add('/_/health')
    await made.seconds(3.1)
    made.bad.clear()

    await made.seconds(7.5)
    assert.equal(made.state, 'starting', 'the bad answer in between began the count anew')
    await made.seconds(1)

    assert.equal(made.state, 'ready')
  })

  it('a starting replica is not given up while its answers are good, however many it needs', async () => {
    const made = rig({ [`${READY}successThreshold`]: '20' })

    await made.seconds(189)
    assert.equal(made.state, 'starting')
    await made.seconds(2)

    assert.equal(made.state, 'ready')
    assert.deepEqual(made.failures, [])
  })
})

describe('what is said of a replica that is not ready', () => {
  const lines = (made: ReturnType<typeof rig>) =>
    made.log.named('replica not ready').map(({ fields }) => fields['reason'])

  it('is nothing at first, then the reason to those who ask, then one line in the log', async () => {
    const made = rig({})
    made.bad.add('/_/health')

    await made.seconds(0.9)
    assert.equal(made.replica?.reason, undefined)
    await made.seconds(0.5)
    assert.equal(made.replica?.reason, 'refused')
    assert.deepEqual(lines(made), [])
    await made.seconds(30)

    assert.deepEqual(lines(made), ['refused'])
  })

  it('follows what is found, and is gone when it is ready', async () => {
    const made = rig({})
    made.bad.add('/_/health')
    await made.seconds(8)
    made.badAnswer = { kind: 'closed' }
    await made.seconds(8)

    assert.equal(made.replica?.reason, 'closed')
    assert.deepEqual(lines(made), ['refused', 'closed'])
    assert.equal(made.stuck, 1, 'waiting may help against the first, and not against the second')
    made.bad.clear()
    await made.seconds(1)
    assert.equal(made.replica?.state, 'ready')
    assert.equal(made.replica?.reason, undefined)
  })

  it('fills no log, however often it changes its mind', async () => {
    const made = rig({}, { envVars: { startup_timeout: '0' } })
    made.bad.add('/_/health')
    for (let status = 500; status < 520; status += 1) {
      made.badAnswer = { kind: 'status', status }
      await made.seconds(6)
    }

    assert.equal(lines(made).length, 5)
    assert.equal(made.replica?.reason, 'status 519')
  })

  it('is that it is paused, whatever its answers are', async () => {
    const made = rig({})
    made.bad.add('/_/health')
    made.change({ isPaused: true })

    await made.seconds(2)

    assert.match(made.replica?.reason ?? '', /^its container was paused by hand/)
  })
})

describe('a replica of which only its watchdog is known to answer', () => {
  it('is marked so, and tried ever later when calls doubt it', async () => {
    const made = rig({})
    made.isUnproven = true
    await made.seconds(0.1)
    assert.equal(made.replica?.isUnproven, true)
    made.change({ state: 'starting', doubts: 5 })
    made.begin()

    await made.seconds(1)
    assert.equal(made.state, 'starting')
    await made.seconds(1)

    assert.equal(made.state, 'ready')
  })
})

describe('a ready replica with health annotations', () => {
  const annotations = { [`${HEALTH}path`]: '/well' }

  it('starts by its health path, and is asked by it for ever', async () => {
    const made = rig(annotations)

    await made.seconds(21)

    assert.deepEqual(made.asked, [
      ['/well', 0],
      ['/well', 10],
      ['/well', 20],
    ])
  })

  it('goes out of service and is replaced when it fails', async () => {
    const made = rig(annotations)
    await made.seconds(1)
    made.bad.add('/well')

    await made.seconds(28)
    assert.equal(made.state, 'ready')
    await made.seconds(2)

    assert.equal(made.state, 'starting')
    assert.deepEqual(made.failures, ['it failed its health probe: refused'])
    const { length } = made.asked
    await made.clock.advance(HOUR_MS)
    assert.equal(made.asked.length, length)
    assert.deepEqual(made.failures.length, 1)

    made.bad.clear()
    made.begin()
    await made.seconds(60)
    assert.equal(made.state, 'starting', 'what failed stays failed')
    assert.equal(made.asked.length, length)
  })

  it('a ready replica with health annotations that goes while it gives a bad answer has not failed', async () => {
    const made = rig({ ...annotations, [`${HEALTH}failureThreshold`]: '1' })
    await made.seconds(1)
    made.bad.add('/well')
    made.meanwhile = () => made.change({ state: 'draining' })

    await made.seconds(20)

    assert.deepEqual(made.failures, [])
    assert.equal(made.state, 'draining')
  })

  it('a ready replica with health annotations is asked after its delay, which does not hold up its start', async () => {
    const made = rig({ ...annotations, [`${HEALTH}initialDelaySeconds`]: '40' }, { ageSeconds: 5 })

    await made.seconds(50)

    assert.equal(made.state, 'ready')
    assert.deepEqual(made.times('/well'), [0, 45])
  })

  it('a ready replica with health annotations is asked both questions, each by its own annotations', async () => {
    const made = rig({
      ...annotations,
      [`${HEALTH}periodSeconds`]: '4',
      [`${READY}path`]: '/up',
      [`${READY}periodSeconds`]: '6',
    })

    await made.seconds(13)

    assert.deepEqual(made.times('/well'), [4, 8, 12])
    assert.deepEqual(made.times('/up'), [0, 6, 12])
  })

  it('a ready replica with health annotations is replaced also when it fails while it is out of service', async () => {
    const made = rig({ ...annotations, [`${READY}path`]: '/up' })
    await made.seconds(1)
    made.bad.add('/up')
    await made.seconds(60)
    assert.deepEqual(made.failures, [])

    made.bad.add('/well')
    await made.seconds(30)

    assert.deepEqual(made.failures, ['it failed its health probe: refused'])
  })
})
