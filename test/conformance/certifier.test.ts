import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { eventually } from '../e2e/eventually.ts'
import { skipWithoutDocker } from '../fixtures/images.ts'
import { Target, type Answer, type Status } from './target.ts'

// The checklist of http-api 17, items 1 to 11, 13 and 15, as the certifier asks for it; in a namespace of its own, so that the list is exact.

const NAMESPACE = 'conform-cert'
const NAMES = ['cert-a', 'cert-b', 'cert-c', 'cert-d']

describe('the checklist of the certifier', { skip: await skipWithoutDocker() }, () => {
  let target: Target
  before(async () => {
    target = await Target.open()
  })
  beforeEach(async () => {
    await clear(target)
    await target.expect(201, ['POST', '/system/namespace/', { name: NAMESPACE, labels: { openfaas: '1' } }])
  })
  after(async () => {
    await clear(target)
    await target.close()
  })

  const deploy = (fields: object): Promise<Answer> =>
    target.expect(202, [
      'POST',
      '/system/functions',
      { image: target.image, namespace: NAMESPACE, ...fields },
    ])
  const status = (name: string): Promise<Status> => target.status(name, `?namespace=${NAMESPACE}`)
  const invoke = (
    method: string,
    name: string,
    sent: { query?: string; body?: string } = {},
  ): Promise<Answer> =>
    target.send(method, `/function/${name}.${NAMESPACE}${sent.query ?? ''}`, { body: sent.body })
  const scale = (name: string, replicas: number): Promise<Answer> =>
    target.expect(202, [
      'POST',
      `/system/scale-function/${name}?namespace=${NAMESPACE}`,
      { serviceName: name, replicas },
    ])

  it('17.1: metadata is there at once, and the list is exactly what was deployed', async () => {
    const deployed = [
      { service: 'cert-a', envProcess: 'sha512sum' },
      {
        service: 'cert-b',
        envProcess: 'env',
        labels: { upstream_api: 'example.com', build_label: 'commit' },
      },
      {
        service: 'cert-c',
        envProcess: 'env',
        annotations: { important_date: 'Fri Aug 10', json: '{\n"a": "b"\n}' },
      },
      { service: 'cert-d', envProcess: 'env', limits: { memory: '5Mi', cpu: '100m' } },
    ]
    for (const fields of deployed) await deploy(fields)

    const listed = await target.list(NAMESPACE)

    assert.deepEqual(listed.map(({ name }) => name).toSorted(), NAMES)
    for (const { service, ...fields } of deployed) {
      const single = await status(service)
      for (const each of [single, listed.find(({ name }) => name === service)]) {
        assert.ok(each)
        const { labels, annotations, limits, requests, envVars, image } = each
        assert.deepEqual([image, envVars, requests], [target.image, undefined, undefined])
        assert.deepEqual(annotations, fields.annotations ?? {})
        assert.deepEqual(limits, fields.limits)
        for (const [key, value] of Object.entries(fields.labels ?? {}))
          assert.equal((labels as Record<string, string>)[key], value)
      }
    }
  })

  it('17.2: the namespaces are the default and those made', async () => {
    const names = JSON.parse((await target.expect(200, ['GET', '/system/namespaces'])).text) as string[]

    assert.ok(names.includes('openfaas-fn') && names.includes(NAMESPACE))
  })

  it('17.3: /healthz is 200 with credentials too', async () => {
    await target.expect(200, ['GET', '/healthz'])
  })

  it('17.5: a call with an empty name is 404 or 502', async () => {
    const { status: code } = await target.send('POST', '/function/.openfaas-fn')

    assert.ok([404, 502].includes(code))
  })

  it('17.6: each method reaches the function, and answers have call id and start time', async () => {
    await deploy({ service: 'cert-a', envProcess: 'env' })
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
      const { headers, text, status: code } = await invoke(method, 'cert-a')

      assert.equal(code, 200)
      assert.match(text, new RegExp(`Http_Method=${method}`))
      assert.ok(headers['x-call-id'] && headers['x-start-time'])
    }
  })

  it('17.7: a redirect of the function is passed through', async () => {
    await deploy({ service: 'cert-a', image: target.redirector })

    const { status: code, headers } = await invoke('POST', 'cert-a', { query: '/redirect?to=/elsewhere' })

    assert.equal(code, 302)
    assert.ok(headers.location)
  })

  it('17.8: environment and query reach the function', async () => {
    await deploy({ service: 'cert-a', envProcess: 'env', envVars: { custom_env: 'custom_value' } })

    assert.match((await invoke('POST', 'cert-a')).text, /custom_env=custom_value/)
    assert.match((await invoke('POST', 'cert-a', { query: '?testing=1' })).text, /Http_Query=testing=1/)
  })

  it('17.9: the log stream ends, and has what the watchdog wrote', async () => {
    await deploy({ service: 'cert-a', envProcess: 'cat' })
    await target.whenAvailable('cert-a', `?namespace=${NAMESPACE}`)
    assert.equal((await invoke('POST', 'cert-a', { body: NAMESPACE })).text, NAMESPACE)

    const path = `/system/logs?name=cert-a&namespace=${NAMESPACE}&follow=false&since=2020-01-01T00:00:00Z`
    await eventually(
      'the log has a line',
      10_000,
      async () => (await target.expect(200, ['GET', path])).text !== '',
    )

    const lines = (await target.expect(200, ['GET', path])).text.split('\n').filter(Boolean)
    for (const line of lines) assert.equal((JSON.parse(line) as { name: string }).name, 'cert-a')
  })

  it('17.10: the label scale.min is the count at once', async () => {
    await deploy({ service: 'cert-a', envProcess: 'cat', labels: { 'com.openfaas.scale.min': '2' } })

    assert.equal((await status('cert-a')).replicas, 2)
  })

  it('17.11: a function scaled to zero reads back 0 at once and wakes by a call', async () => {
    await deploy({ service: 'cert-a', envProcess: 'env' })
    await target.whenAvailable('cert-a', `?namespace=${NAMESPACE}`)

    await scale('cert-a', 0)
    assert.equal((await status('cert-a')).replicas, 0)

    assert.equal((await invoke('POST', 'cert-a')).status, 200)
  })

  it('17.13: min = max stays so under load', async () => {
    const labels = { 'com.openfaas.scale.min': '2', 'com.openfaas.scale.max': '2' }
    await deploy({ service: 'cert-a', envProcess: 'env', labels })
    for (let call = 0; call < 100; call += 1) await invoke('GET', 'cert-a')

    assert.equal((await status('cert-a')).replicas, 2)
  })

  for (const kind of ['value', 'rawValue']) {
    it(`17.15: a secret given as ${kind} lives its whole life`, async () => {
      const secret = (text: string): object => {
        const value = kind === 'value' ? text : Buffer.from(text).toString('base64')
        return { name: 'cert-secret', namespace: NAMESPACE, [kind]: value }
      }
      const fields = {
        service: 'cert-a',
        secrets: ['cert-secret'],
        envProcess: 'cat /var/openfaas/secrets/cert-secret',
      }
      const list = async (): Promise<string> =>
        (await target.expect(200, ['GET', `/system/secrets?namespace=${NAMESPACE}`])).text

      assert.equal(await list(), '[]')
      await target.expect(202, ['POST', '/system/secrets', secret('this-is-the-secret')])
      await deploy(fields)
      assert.equal((await invoke('POST', 'cert-a')).text, 'this-is-the-secret')
      assert.match(await list(), /"cert-secret"/)

      await target.expect(202, ['PUT', '/system/secrets', secret('this-is-the-new-secret')])
      await target.expect(202, [
        'PUT',
        '/system/functions',
        { image: target.image, namespace: NAMESPACE, ...fields },
      ])
      await eventually(
        'the new value is read',
        5_000,
        async () => (await invoke('POST', 'cert-a')).text === 'this-is-the-new-secret',
      )
      await target.expect(202, [
        'DELETE',
        `/system/functions?namespace=${NAMESPACE}`,
        { functionName: 'cert-a' },
      ])
      await target.expect(202, ['DELETE', '/system/secrets', { name: 'cert-secret', namespace: NAMESPACE }])
      assert.equal(await list(), '[]')
    })
  }
})

async function clear(target: Target): Promise<void> {
  for (const functionName of NAMES)
    await target.ask('DELETE', `/system/functions?namespace=${NAMESPACE}`, { functionName })
  await target.ask('DELETE', `/system/secrets?namespace=${NAMESPACE}`, { name: 'cert-secret' })
  await target.ask('DELETE', `/system/namespace/${NAMESPACE}`)
}
