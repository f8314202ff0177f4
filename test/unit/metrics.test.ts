import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { functionName } from '../../src/core/function-name.ts'
import { Metrics, type MetricSources } from '../../src/metrics.ts'

const figlet = functionName('figlet')

const busy: MetricSources = {
  calls: () => [
    {
      fn: figlet,
      started: 7,
      inFlight: 2,
      series: [{ code: 200, count: 5, seconds: 12.5, buckets: [1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 2] }],
    },
  ],
  replicas: () => [{ fn: figlet, desired: 3, ready: 1 }],
  apiBodies: { usedBytes: 4_096, refused: 2 },
}

async function lines(sources: MetricSources): Promise<readonly string[]> {
  const { body } = await new Metrics(sources).render()
  return body.split('\n')
}

describe('Metrics', () => {
  it('shows what the bodies of API requests hold, and how many were refused for it', async () => {
    const text = await lines(busy)

    assert.ok(text.includes('sampan_api_body_bytes 4096'))
    assert.ok(text.includes('sampan_api_body_refused_total 2'))
  })

  it('shows the call figures under the names of OpenFaaS', async () => {
    const text = await lines(busy)

    assert.ok(
      text.includes('gateway_function_invocation_total{function_name="figlet.openfaas-fn",code="200"} 5'),
    )
    assert.ok(text.includes('gateway_function_invocation_started{function_name="figlet.openfaas-fn"} 7'))
    assert.ok(text.includes('gateway_service_count{function_name="figlet.openfaas-fn"} 3'))
    assert.ok(text.includes('# TYPE gateway_functions_seconds histogram'))
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

  it('shows the same figures at a second scrape', async () => {
    const metrics = new Metrics(busy)
    await metrics.render()
    const { body } = await metrics.render()

    assert.match(body, /gateway_function_invocation_started\{[^}]*\} 7\n/)
  })

  it('counts system requests', async () => {
    const metrics = new Metrics(busy)
    metrics.observe({ method: 'GET', path: '/system/functions', code: 200, seconds: 0.003 })
    const { body } = await metrics.render()

    assert.match(body, /provider_http_requests_total\{method="GET",path="\/system\/functions",code="200"\} 1/)
    assert.match(body, /provider_http_request_duration_seconds_bucket\{le="0.005",.*\} 1/)
  })
})
