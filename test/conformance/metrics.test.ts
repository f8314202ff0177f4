import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { skipWithoutDocker } from '../fixtures/images.ts'
import { samplesOf } from '../e2e/metrics-of.ts'
import { Target } from './target.ts'

describe('http-api 11: metrics', { skip: await skipWithoutDocker() }, () => {
  let target: Target
  before(async () => {
    target = await Target.open()
  })
  after(() => target.close())

  /** The samples, value by the text before it. */
  async function scrape(): Promise<ReadonlyMap<string, number>> {
    const { headers, text } = await target.metrics('GET', '/metrics')
    assert.match(headers['content-type'] ?? '', /^text\/plain; version=0\.0\.4/)
    return samplesOf(text)
  }
  const find = (
    samples: ReadonlyMap<string, number>,
    name: string,
    ...labels: readonly string[]
  ): number | undefined =>
    [...samples].find(
      ([key]) => key.startsWith(`${name}{`) && labels.every((label) => key.includes(label)),
    )?.[1]

  it('11.1, 18.4.16, 18.5.8: the four families of the gateway count a call, under name and namespace', async (t) => {
    if (target.metricsUrl === null) return t.skip('no metrics URL')
    await target.withFunction({}, async (name) => {
      for (let call = 0; call < 2; call += 1) await target.send('POST', `/function/${name}`, { body: 'x' })

      const samples = await scrape()

      const fn = `function_name="${name}.openfaas-fn"`
      assert.equal(find(samples, 'gateway_function_invocation_total', fn, 'code="200"'), 2)
      assert.equal(find(samples, 'gateway_function_invocation_started', fn), 2)
      assert.equal(find(samples, 'gateway_functions_seconds_count', fn, 'code="200"'), 2)
      assert.equal(find(samples, 'gateway_service_count', fn), 1)
      for (const bound of [
        '0.005',
        '0.01',
        '0.025',
        '0.05',
        '0.1',
        '0.25',
        '0.5',
        '1',
        '2.5',
        '5',
        '10',
        '+Inf',
      ]) {
        assert.notEqual(
          find(samples, 'gateway_functions_seconds_bucket', fn, `le="${bound}"`),
          undefined,
          bound,
        )
      }
    })
  })

  it('11.1: a function at zero is exported, names of no function are not', async (t) => {
    if (target.metricsUrl === null) return t.skip('no metrics URL')
    await target.withFunction({}, async (name) => {
      await target.expect(202, ['POST', `/system/scale-function/${name}`, { replicas: 0 }])
      for (let call = 0; call < 20; call += 1) await target.send('GET', `/function/conform-hostile-${call}`)

      const samples = await scrape()

      assert.equal(find(samples, 'gateway_service_count', `function_name="${name}.openfaas-fn"`), 0)
      assert.ok(![...samples.keys()].some((key) => key.includes('conform-hostile')))
    })
  })

  it('11.2: requests to system routes are counted under shortened paths', async (t) => {
    if (target.metricsUrl === null) return t.skip('no metrics URL')
    await target.ask('GET', '/system/function/conform-none')
    await target.ask('GET', '/system/nothing-of-the-kind')

    const samples = await scrape()

    const labels = ['path="/system/function"', 'method="GET"', 'code="404"']
    assert.ok((find(samples, 'provider_http_requests_total', ...labels) ?? 0) >= 1)
    assert.ok((find(samples, 'provider_http_request_duration_seconds_count', ...labels) ?? 0) >= 1)
    assert.ok(
      ![...samples.keys()].some((key) => key.includes('conform-none') || key.includes('nothing-of-the-kind')),
    )
  })
})
