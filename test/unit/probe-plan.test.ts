import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { containerIdentity } from '../../src/provider/docker/container/container-spec.ts'
import { containerLabels, readContainerLabels } from '../../src/provider/docker/container/labels.ts'
import {
  ENDLESS_PATIENCE_MS,
  isGoodStatus,
  PLAIN_PLAN,
  readProbePlan,
  writeProbePlan,
} from '../../src/provider/docker/container/probe.ts'
import { planProbes } from '../../src/provider/docker/container/probe-plan.ts'
import { BARE_IMAGE, deployed, identityOf, WATCHDOG_IMAGE } from '../fixtures/deployed.ts'

const READY = 'com.openfaas.ready.http.'
const HEALTH = 'com.openfaas.health.http.'
const ANNOTATED = {
  accept: 'status',
  delayMs: 0,
  periodMs: 10_000,
  timeoutMs: 1_000,
  successes: 1,
  failures: 3,
}

type Spec = Parameters<typeof deployed>[0]
const plan = (spec: NonNullable<Spec>['spec'] = {}) => planProbes(deployed({ spec }).spec, WATCHDOG_IMAGE)
const annotated = (annotations: Readonly<Record<string, string>>) => plan({ annotations })

describe('the port of a function', () => {
  const port = (envVars: Readonly<Record<string, string>>, image = WATCHDOG_IMAGE) =>
    containerIdentity(deployed({ spec: { envVars } }), image).port

  it('the port of a function is where its watchdog listens, and 8080 for what says nothing that a port can be', () => {
    assert.equal(port({}), 8080)
    assert.equal(port({ port: '9000' }), 9000)
    assert.deepEqual(
      ['x', '0', '65536', '', '-1', '9'.repeat(40)].map((text) => port({ port: text })),
      Array.from({ length: 6 }, () => 8080),
    )
    assert.equal(port({}, { ...WATCHDOG_IMAGE, env: ['port=9001'] }), 9001)
  })

  it('the port of a function without a watchdog is 8080: what its variables mean only it knows', () => {
    assert.equal(port({ port: '9000' }, BARE_IMAGE), 8080)
  })

  it('the port of a function is known from the labels of its container, also of one that was made before there was such a label', () => {
    const identity = containerIdentity(deployed({ spec: { envVars: { port: '9000' } } }), WATCHDOG_IMAGE)
    const labels = containerLabels('test', identity)
    const { 'com.sampan.port': label, ...older } = labels

    assert.equal(label, '9000')
    assert.deepEqual(readContainerLabels(labels), identity)
    assert.equal(readContainerLabels(older)?.port, 8080)
  })
})

describe('the probes of a function', () => {
  it('12.3: the probes of a function without annotations end with its start, at the path of its watchdog', () => {
    assert.deepEqual(plan(), PLAIN_PLAN)
    assert.equal(plan({ envVars: { startup_timeout: '2m' } }).patienceMs, 120_000)
    assert.equal(plan({ envVars: { startup_timeout: '0' } }).patienceMs, ENDLESS_PATIENCE_MS)
    assert.equal(plan({ envVars: { startup_timeout: '9'.repeat(60) } }).patienceMs, ENDLESS_PATIENCE_MS)
    // No duration at all, for us as for a watchdog.
    assert.equal(plan({ envVars: { startup_timeout: '9'.repeat(400) } }).patienceMs, 60_000)
    assert.equal(plan({ envVars: { ready_path: '/up' } }).readiness.path, '/_/ready')
    assert.equal(plan({ envVars: { ready_path: '/up' } }).readiness.accept, 'status')
  })

  it('the probes of a function are decided by the image where the deployment says nothing, and by the deployment where it does', () => {
    const env = ['ready_path=/up', 'startup_timeout=2m', 'grace_period=7s']
    const image = { ...WATCHDOG_IMAGE, env }
    const own = deployed({ spec: { envVars: { ready_path: '', startup_timeout: '5s', grace_period: '1s' } } })

    const ofImage = containerIdentity(deployed(), image)
    const ofBoth = containerIdentity(own, image)

    assert.deepEqual([ofImage.probes.readiness.path, ofImage.probes.patienceMs], ['/_/ready', 120_000])
    assert.deepEqual([ofBoth.probes.readiness.path, ofBoth.probes.patienceMs], ['/_/health', 5_000])
    assert.deepEqual([ofImage.graceSeconds, ofBoth.graceSeconds], [9, 3])
  })

  it('the probes of a function take any answer of an image without a watchdog, whatever watchdogs mean by it', () => {
    const { readiness, processPort } = planProbes(
      deployed({ spec: { envVars: { ready_path: '/up', mode: 'http', upstream_url: 'http://127.0.0.1:1' } } })
        .spec,
      BARE_IMAGE,
    )

    assert.deepEqual([readiness.path, readiness.accept, processPort], ['/_/health', 'any', null])
  })

  it('the probes of a function let a watchdog pass that never says it is ready because it was told not to', () => {
    assert.equal(plan({ envVars: { suppress_lock: 'true' } }).readiness.accept, 'any')
  })

  it('12.2: the probes of a function go on at the annotated path of readiness', () => {
    const { readiness, isReadinessRepeated, liveness } = annotated({ [`${READY}path`]: 'up now' })

    assert.deepEqual(readiness, { ...ANNOTATED, path: '/up%20now' })
    assert.equal(isReadinessRepeated, true)
    assert.equal(liveness, null)
  })

  it('12.2: the probes of a function include liveness at the annotated path of health, which then ends the start too', () => {
    const { readiness, isReadinessRepeated, liveness } = annotated({
      [`${HEALTH}path`]: '/well',
      [`${HEALTH}initialDelay`]: '1m30s',
      [`${HEALTH}timeoutSeconds`]: '7',
    })

    assert.deepEqual(liveness, { ...ANNOTATED, path: '/well', delayMs: 90_000, timeoutMs: 7_000 })
    assert.deepEqual(readiness, { ...ANNOTATED, path: '/well', timeoutMs: 7_000 })
    assert.equal(isReadinessRepeated, false)
  })

  it('12.2: the probes of a function ask at the usual path when only times are annotated', () => {
    const { readiness, liveness } = annotated({
      [`${READY}initialDelaySeconds`]: '1',
      [`${READY}initialDelay`]: '2s',
      [`${READY}periodSeconds`]: '2',
      [`${READY}successThreshold`]: '3',
      [`${HEALTH}failureThreshold`]: '4',
    })

    const usual = { ...ANNOTATED, path: '/_/health', accept: 'speaks' }
    assert.deepEqual(readiness, { ...usual, delayMs: 1_000, periodMs: 2_000, successes: 3 })
    assert.deepEqual(liveness, { ...usual, failures: 4 })
  })

  it('the probes of a function wait for no answer longer than a start may take', () => {
    const { readiness, patienceMs } = plan({
      annotations: { [`${READY}timeoutSeconds`]: '600' },
      envVars: { startup_timeout: '5s' },
    })

    assert.deepEqual([readiness.timeoutMs, patienceMs], [5_000, 5_000])
  })

  it('the probes of a function are not changed by an annotation of another name, or an empty one', () => {
    assert.deepEqual(
      annotated({ [`${READY}periodSecond`]: 'x', [`${HEALTH}scheme`]: 'https', [`${READY}path`]: '' }),
      PLAIN_PLAN,
    )
  })
})

describe('the process behind a watchdog', () => {
  const HTTP = { mode: 'http', upstream_url: 'http://127.0.0.1:5000' }
  const portOf = (envVars: Readonly<Record<string, string>>, annotations = {}) =>
    plan({ envVars, annotations }).processPort

  it('must be seen to listen where upstream_url points, whoever sets it', () => {
    const image = { ...WATCHDOG_IMAGE, env: ['mode=http', 'upstream_url=http://127.0.0.1:5000'] }

    assert.equal(planProbes(deployed().spec, image).processPort, 5_000)
    assert.equal(portOf(HTTP), 5_000)
    assert.equal(portOf({ ...HTTP, upstream_url: 'http://localhost' }), 80)
    assert.equal(portOf({ ...HTTP, upstream_url: 'http://[::1]:81/base' }), 81)
    assert.equal(portOf({ ...HTTP, upstream_url: '', http_upstream_url: 'http://127.0.0.2:82' }), 82)
    assert.equal(portOf({ ...HTTP, http_upstream_url: 'http://127.0.0.1:83' }), 83)
    assert.equal(portOf(HTTP, { [`${READY}periodSeconds`]: '1' }), 5_000)
    assert.equal(portOf(HTTP, { [`${READY}path`]: '/_/ready' }), 5_000)
  })

  it('is looked for with a watchdog of ours as well', () => {
    const { spec } = deployed({ spec: { envProcess: '/server', envVars: HTTP } })

    assert.equal(planProbes(spec, BARE_IMAGE).processPort, 5_000)
  })

  it('is not looked for where the watchdog has none, it has no port here, or it answers the question itself', () => {
    assert.equal(portOf({ mode: 'streaming', upstream_url: 'http://127.0.0.1:5000' }), null)
    assert.equal(portOf({ ...HTTP, upstream_url: 'unix:///run/fn.sock' }), null)
    assert.equal(portOf({ ...HTTP, upstream_url: 'http://other.example:5000' }), null)
    assert.equal(portOf({ ...HTTP, upstream_url: 'five thousand' }), null)
    assert.equal(portOf({ ...HTTP, ready_path: '/up' }), null)
    assert.equal(portOf(HTTP, { [`${READY}path`]: '/up' }), null)
    assert.equal(portOf(HTTP, { [`${HEALTH}path`]: '/well' }), null)
  })
})

describe('an annotation about probes', () => {
  for (const prefix of [READY, HEALTH]) {
    for (const [field, text] of [
      ['initialDelaySeconds', '1s'],
      ['initialDelay', 'soon'],
      ['initialDelay', '1000h'],
      ['periodSeconds', '0'],
      ['timeoutSeconds', '-1'],
      ['failureThreshold', '1.5'],
      ['periodSeconds', '100000'],
    ] as const) {
      it(`an annotation about probes is refused and named when it is ${prefix}${field}: ${text}`, () => {
        const good = { [`${READY}${field}`]: '5', [`${HEALTH}${field}`]: '5' }

        assert.throws(() => annotated({ ...good, [prefix + field]: text }), {
          code: 'invalid',
          message: new RegExp(`^annotations\\.${prefix}${field}: "${text}"`),
        })
      })
    }
  }
})

describe('the label with the probes', () => {
  it('gives a restarted daemon the same plan', () => {
    const annotations = {
      [`${READY}path`]: '/up',
      [`${READY}initialDelaySeconds`]: '9',
      [`${HEALTH}path`]: '/well',
    }
    const identity = identityOf(deployed({ spec: { annotations } }))

    assert.deepEqual(readContainerLabels(containerLabels('i', identity)), identity)
  })

  it('the label with the probes that nobody of us wrote counts as the plain plan', () => {
    const written = writeProbePlan(annotated({ [`${HEALTH}path`]: '/well' }))

    for (const text of [
      undefined,
      '',
      'null',
      '[]',
      '{}',
      written.slice(0, -1),
      written.replace('10000', '"10s"'),
      written.replace('"status"', '"maybe"'),
      written.replace(/"liveness":\{.*\}/, '"liveness":{}}'),
    ]) {
      assert.deepEqual(readProbePlan(text), PLAIN_PLAN, text)
    }
    assert.equal(readProbePlan(written).liveness?.path, '/well')
  })
})

describe('the status of an answer', () => {
  it('the status of an answer is good from an image without a watchdog that speaks HTTP at all', () => {
    assert.equal(isGoodStatus('speaks', 404), true)
    assert.equal(isGoodStatus('speaks', 200), true)
    assert.equal(isGoodStatus('speaks', 503), false)
  })

  it('the status of an answer is good at an annotated path below 400', () => {
    assert.equal(isGoodStatus('status', 302), true)
    assert.equal(isGoodStatus('status', 404), false)
    assert.equal(isGoodStatus('status', 199), false)
  })

  it('the status of an answer is good whatever it is where none can be had otherwise', () => {
    assert.equal(isGoodStatus('any', 503), true)
  })
})
