import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { functionName } from '../../src/core/functions/function-name.ts'
import { Metrics, type MetricSources } from '../../src/metrics.ts'

const figlet = functionName('figlet')

const SCALING = { type: 'rps', target: 50, min: 2, max: 20 }

const busy: MetricSources = {
  calls: () => [
    {
      fn: figlet,
      started: 7,
      inFlight: 2,
      series: [{ code: 200, count: 5, seconds: 12.5, buckets: [1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 2] }],
      waits: { count: 2, failed: 4, seconds: 1.5, buckets: [0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0] },
    },
  ],
  replicas: () => [
    {
      fn: figlet,
      desired: 3,
      ready: 1,
      outOfMemory: 2,
      rests: { failures: 1, freezes: 6, freezeSeconds: 0.5, thaws: 4, thawSeconds: 0.25 },
      scaling: { ...SCALING, recommended: 5, isLimited: true },
    },
  ],
  budgets: {
    apiBodies: { usedBytes: 4_096, refused: 2 },
    calls: () => ({ inFlight: 41, refused: 42, refusedOfFunction: 43, idleUpstreams: 44 }),
    limits: { connections: 51, calls: 52, descriptors: 53 },
  },
}

const edge = {
  open: 31,
  evicted: 32,
  refused: 33,
  unfinishedHeadBytes: 34,
  shedHeads: 35,
  waitingBodyBytes: 36,
  refusedBodies: 37,
}

async function lines(sources: MetricSources): Promise<readonly string[]> {
  const metrics = new Metrics(sources)
  metrics.watchEdge(() => edge)
  const { body } = await metrics.render()
  return body.split('\n')
}

describe('Metrics', () => {
  it('shows how the budgets of clients and calls stand', async () => {
    const text = await lines(busy)

    const samples = text.filter((line) =>
      /^(?:sampan_(?!scale_|replica_|wake|freeze|thaw)|process_max_fds)/.test(line),
    )
    assert.deepEqual(samples, [
      'sampan_calls 41',
      'sampan_calls_limit 52',
      'sampan_calls_refused_total 42',
      'sampan_calls_of_function_refused_total 43',
      'sampan_upstream_idle_connections 44',
      'sampan_api_body_bytes 4096',
      'sampan_api_body_refused_total 2',
      'sampan_edge_connections 31',
      'sampan_edge_connections_limit 51',
      'sampan_edge_connections_evicted_total 32',
      'sampan_edge_connections_refused_total 33',
      'sampan_edge_unfinished_head_bytes 34',
      'sampan_edge_heads_given_up_total 35',
      'sampan_edge_waiting_body_bytes 36',
      'sampan_edge_bodies_refused_total 37',
      'process_max_fds 53',
    ])
  })

  it('shows the call figures under the names of OpenFaaS', async () => {
    const text = await lines(busy)

    assert.ok(
      text.includes('gateway_function_invocation_total{function_name="figlet.openfaas-fn",code="200"} 5'),
    )
    assert.ok(text.includes('gateway_function_invocation_started{function_name="figlet.openfaas-fn"} 7'))
    assert.ok(text.includes('gateway_service_count{function_name="figlet.openfaas-fn"} 3'))
    assert.ok(text.includes('gateway_service_min{function_name="figlet.openfaas-fn"} 2'))
    assert.ok(text.includes('gateway_service_max{function_name="figlet.openfaas-fn"} 20'))
    assert.ok(
      text.includes('gateway_service_target_load{function_name="figlet.openfaas-fn",scaling_type="rps"} 50'),
    )
    assert.ok(text.includes('sampan_scale_recommended{function_name="figlet.openfaas-fn"} 5'))
    assert.ok(text.includes('sampan_scale_limited{function_name="figlet.openfaas-fn"} 1'))
    assert.ok(text.includes('sampan_replica_oom_total{function_name="figlet.openfaas-fn"} 2'))
    assert.ok(text.includes('# TYPE gateway_functions_seconds histogram'))
  })

  it('shows how often functions were frozen, thawed and woken, and how long that took', async () => {
    const text = await lines(busy)

    const samples = text.filter((line) => /^sampan_(?:wake|freeze|thaw)(?!\w*_bucket)/.test(line))
    assert.deepEqual(samples, [
      'sampan_wake_failures_total{function_name="figlet.openfaas-fn"} 4',
      'sampan_freeze_failures_total{function_name="figlet.openfaas-fn"} 1',
      'sampan_freezes_total{function_name="figlet.openfaas-fn"} 6',
      'sampan_freeze_seconds_total{function_name="figlet.openfaas-fn"} 0.5',
      'sampan_thaws_total{function_name="figlet.openfaas-fn"} 4',
      'sampan_thaw_seconds_total{function_name="figlet.openfaas-fn"} 0.25',
      'sampan_wake_seconds_sum{function_name="figlet.openfaas-fn"} 1.5',
      'sampan_wake_seconds_count{function_name="figlet.openfaas-fn"} 2',
    ])
    assert.ok(text.includes('sampan_wake_seconds_bucket{le="0.01",function_name="figlet.openfaas-fn"} 1'))
  })

  it('adds up the buckets of the duration', async () => {
    const text = await lines(busy)
    const bucket = (le: string) =>
      `gateway_functions_seconds_bucket{le="${le}",function_name="figlet.openfaas-fn",code="200"}`

    assert.ok(text.includes(`${bucket('0.005')} 1`))
    assert.ok(text.includes(`${bucket('0.025')} 3`))
    assert.ok(text.includes(`${bucket('10')} 3`))
    assert.ok(text.includes(`${bucket('+Inf')} 5`))
    assert.ok(
      text.includes('gateway_functions_seconds_sum{function_name="figlet.openfaas-fn",code="200"} 12.5'),
    )
  })

  it('walks over the replicas of all functions once for each scrape', async () => {
    let walks = 0
    const metrics = new Metrics({
      ...busy,
      replicas: () => {
        walks += 1
        return busy.replicas()
      },
    })

    await metrics.render()

    assert.equal(walks, 1)
  })

  it('shows the same figures at a second scrape', async () => {
    const metrics = new Metrics(busy)
    await metrics.render()
    const { body } = await metrics.render()

    assert.match(body, /gateway_function_invocation_started\{[^}]*\} 7\n/)
  })

  it('requests to the API are counted, with the time that they took', async () => {
    const metrics = new Metrics(busy)
    metrics.observe({ method: 'GET', path: '/system/functions', code: 200, seconds: 0.003 })
    const { body } = await metrics.render()

    assert.match(body, /provider_http_requests_total\{method="GET",path="\/system\/functions",code="200"\} 1/)
    assert.match(body, /provider_http_request_duration_seconds_bucket\{le="0.005",.*\} 1/)
  })
})
