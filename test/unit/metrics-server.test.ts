import { systemClock } from '../../src/clock.ts'
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { request } from 'undici'
import { HostNames } from '../../src/core/host-names.ts'
import { MetricsServer } from '../../src/gateway/metrics-server.ts'
import { RecordingLog } from '../fakes/recording-log.ts'

describe('the metrics listener', () => {
  let fails = false
  const hostNames = new HostNames({ listenHost: '127.0.0.1', allowed: [] })
  const log = new RecordingLog()
  const render = async (): Promise<{ contentType: string; body: string }> => {
    if (fails) throw new Error('no figures')
    return { contentType: 'text/plain; version=0.0.4', body: 'up 1\n' }
  }
  const server = new MetricsServer(
    { render, hostNames, clock: systemClock, log },
    { host: '127.0.0.1', port: 0 },
  )
  let base = ''
  before(async () => {
    const { port } = await server.start()
    base = `http://127.0.0.1:${port}`
  })
  after(() => server.stop())

  it('knows its port, bound or to be bound', () => {
    const other = new MetricsServer(
      { render, hostNames, clock: systemClock, log },
      { host: '127.0.0.1', port: 8082 },
    )

    assert.equal(`http://127.0.0.1:${server.port}`, base)
    assert.notEqual(server.port, 0)
    assert.equal(other.port, 8082)
  })

  it('answers /metrics to any method', async () => {
    for (const method of ['GET', 'POST', 'DELETE']) {
      const response = await fetch(`${base}/metrics?x=1`, { method })

      assert.equal(response.status, 200)
      assert.equal(response.headers.get('content-type'), 'text/plain; version=0.0.4')
      assert.equal(await response.text(), 'up 1\n')
    }
  })

  it('answers /healthz to GET alone and 404 to the rest', async () => {
    const health = await fetch(`${base}/healthz`)

    assert.equal(health.status, 200)
    assert.equal(await health.text(), 'OK')
    assert.equal((await fetch(`${base}/healthz`, { method: 'POST' })).status, 405)
    assert.equal((await fetch(`${base}/healthz`, { method: 'HEAD' })).status, 405)
    assert.equal((await fetch(`${base}/`)).status, 404)
    assert.equal((await fetch(`${base}/system/functions`)).status, 404)
  })

  it('tells nothing to a page that gave its own name this address', async () => {
    for (const path of ['/metrics', '/healthz', '/']) {
      const { statusCode, body } = await request(base + path, { headers: { host: 'evil.example:8082' } })

      assert.equal(statusCode, 421)
      assert.match(await body.text(), /"evil\.example:8082".*SAMPAN_ALLOWED_HOSTS/)
    }
  })

  it('survives figures that cannot be had', async () => {
    fails = true
    assert.equal((await fetch(`${base}/metrics`)).status, 500)
    fails = false

    assert.equal((await fetch(`${base}/metrics`)).status, 200)
    assert.equal(log.messages('error').length, 1)
  })

  it('says in a sentence that its address is taken', async () => {
    const port = Number(new URL(base).port)
    const second = new MetricsServer(
      { render, hostNames, clock: systemClock, log },
      { host: '127.0.0.1', port },
    )

    await assert.rejects(second.start(), /cannot listen for metrics on 127\.0\.0\.1/)
    await second.stop()
  })
})
