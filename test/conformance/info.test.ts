import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { skipWithoutDocker } from '../fixtures/images.ts'
import { Target } from './target.ts'

describe('http-api 6.7, 6.11, 6.12 and 10', { skip: await skipWithoutDocker() }, () => {
  let target: Target
  before(async () => {
    target = await Target.open()
  })
  after(() => target.close())

  it('6.7, 18.1.13: info has every string that clients dereference', async () => {
    const { headers, text } = await target.expect(200, ['GET', '/system/info'])
    const info = JSON.parse(text) as {
      provider: { provider: string; orchestration: string; version: { release: string; sha: string } }
      version: { release: string; sha: string }
      arch: string
    }

    assert.equal(headers['content-type'], 'application/json')
    const { provider, version, arch } = info
    const strings = [
      provider.provider,
      provider.version.release,
      provider.version.sha,
      version.release,
      version.sha,
    ]
    for (const string of strings) assert.ok(string.length > 0)
    assert.equal(provider.orchestration, 'docker')
    assert.notEqual(provider.provider, 'faasd')
    assert.match(arch, /^(amd64|arm64|arm)$/)
  })

  it('6.11: /healthz is 200 and empty', async () => {
    const answer = await target.send('GET', '/healthz')

    assert.deepEqual([answer.status, answer.text], [200, ''])
  })

  it('6.12: the root leads to /ui/ by 307', async () => {
    const answer = await target.send('GET', '/')

    assert.deepEqual([answer.status, answer.headers.location], [307, '/ui/'])
  })

  it('6.12: /ui/ is a page that names nothing, links to nothing and asks for nothing', async () => {
    await target.withFunction({}, async (name) => {
      const answer = await target.send('GET', '/ui/')

      assert.equal(answer.status, 200)
      assert.match(answer.headers['content-type'] ?? '', /^text\/html/)
      assert.doesNotMatch(answer.text, new RegExp(`${name}|href|form|script`))
    })
    assert.equal((await target.send('GET', '/ui/nothing')).status, 404)
  })

  it('14: telemetry is routed and protected, and 404', async () => {
    await target.expect(404, ['GET', '/system/telemetry'])
  })

  it('10: a firing alert adds a step, an ended one goes back to min, entry by entry', async () => {
    const labels = { 'com.openfaas.scale.max': '4', 'com.openfaas.scale.factor': '50' }
    await target.withFunction({ labels }, async (name) => {
      const alert = (status: string, fn = name): unknown => ({
        status,
        labels: { alertname: 'x', function_name: fn },
      })

      const alerts = [alert('firing', 'nobody'), alert('firing', `${name}.openfaas-fn`)]
      const answer = await target.expect(200, ['POST', '/system/alert', { status: 'resolved', alerts }])
      assert.equal(answer.text, '')
      assert.equal((await target.status(name)).replicas, 3)
      await target.expect(200, ['POST', '/system/alert', { alerts: [alert('firing')] }])
      assert.equal((await target.status(name)).replicas, 4)
      await target.expect(200, ['POST', '/system/alert', { alerts: [alert('resolved')] }])
      assert.equal((await target.status(name)).replicas, 1)
    })
  })

  it('10, 18.3.8: an ended alert does not wake a function at zero', async () => {
    await target.withFunction({}, async (name) => {
      await target.expect(202, ['POST', `/system/scale-function/${name}`, { replicas: 0 }])
      const alerts = [{ status: 'resolved', labels: { function_name: name } }]
      await target.expect(200, ['POST', '/system/alert', { alerts }])

      assert.equal((await target.status(name)).replicas, 0)
    })
  })

  it('10, 18.5.4: factor 0 and min = max mean no scaling', async () => {
    const fixed = [
      { 'com.openfaas.scale.factor': '0' },
      { 'com.openfaas.scale.min': '1', 'com.openfaas.scale.max': '1' },
    ]
    for (const labels of fixed) {
      await target.withFunction({ labels }, async (name) => {
        const alerts = [{ status: 'firing', labels: { function_name: name } }]
        await target.expect(200, ['POST', '/system/alert', { alerts }])
        assert.equal((await target.status(name)).replicas, 1)
      })
    }
  })

  it('10: what is no alert is 400', async () => {
    for (const body of ['', '{', '[]', '{"alerts":1}'])
      await target.expect(400, ['POST', '/system/alert', body])
  })
})
