import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { eventually } from '../fakes/eventually.ts'
import { skipWithoutDocker } from '../fixtures/images.ts'
import { Target, type Answer, type Status } from './target.ts'

// The checklist of http-api 17, items 1 to 11, 13 and 15, as the certifier asks for it; in a namespace of its own, so that the list is exact.
// It holds a server to the label `faas_function`, which ours only has with SAMPAN_FAAS_FUNCTION_LABEL=true.

const NAMESPACE = 'conform-cert'
const NAMES = ['cert-a', 'cert-b', 'cert-c', 'cert-d', 'cert-e']
/** The certifier takes a hundred seconds for as many. */
const CALLS = 1_000
const CALLERS = 10
const SECRETS = ['cert-secret', 'cert-other']

describe('the checklist of the certifier', { skip: await skipWithoutDocker() }, () => {
  let target: Target
  before(async () => {
    target = await Target.open({ SAMPAN_FAAS_FUNCTION_LABEL: 'true' })
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

  it('17.1, 18.2.1: metadata is there at once, and the list is exactly what was deployed', async () => {
    for (const name of SECRETS)
      await target.expect(202, ['POST', '/system/secrets', { name, namespace: NAMESPACE, value: 'x' }])
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
      {
        service: 'cert-e',
        envProcess: 'env',
        constraints: ['node.role == worker', 'disk=ssd'],
        secrets: SECRETS,
        readOnlyRootFilesystem: true,
      },
    ]
    for (const fields of deployed) {
      await deploy(fields)
      assert.deepEqual(given(await status(fields.service)), asGiven(fields, target.image))
    }

    const listed = await target.list(NAMESPACE)

    assert.deepEqual(
      listed.toSorted((one, other) => (one.name < other.name ? -1 : 1)).map(given),
      deployed.map((fields) => asGiven(fields, target.image)),
    )
  })

  it('17.2: the namespaces are exactly the default and those made', async () => {
    const names = JSON.parse((await target.expect(200, ['GET', '/system/namespaces'])).text) as string[]

    assert.deepEqual(names.toSorted(), [NAMESPACE, 'openfaas-fn'])
  })

  it('17.3: /healthz is 200 with credentials too', async () => {
    await target.expect(200, ['GET', '/healthz'])
  })

  it('17.4: info names the provider, what it drives, and both versions', async () => {
    const info = JSON.parse((await target.expect(200, ['GET', '/system/info'])).text) as Info

    const { provider, version } = info
    for (const { release, sha } of [version, provider.version]) assert.ok(release && sha)
    assert.ok(provider.provider && provider.orchestration)
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
    const logged = async (): Promise<readonly { name: string; text: string }[]> =>
      (await target.expect(200, ['GET', path])).text
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as { name: string; text: string })
    for (const start of [/^Forking fprocess/, /^Wrote \d+ Bytes/])
      await eventually(
        async () => (await logged()).some(({ text }) => start.test(text.replace(/^[\d/: ]+/, ''))),
        10_000,
        `the log has ${String(start)}`,
      )

    for (const { name } of await logged()) assert.equal(name, 'cert-a')
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

  it('17.13: min = max stays so under a thousand calls, none of which fails', async () => {
    const callInTurn = async (times: number): Promise<void> => {
      for (let call = 0; call < times; call += 1) assert.equal((await invoke('GET', 'cert-a')).status, 200)
    }
    const labels = { 'com.openfaas.scale.min': '2', 'com.openfaas.scale.max': '2' }
    await deploy({ service: 'cert-a', envProcess: 'env', labels })
    await Promise.all(Array.from({ length: CALLERS }, () => callInTurn(CALLS / CALLERS)))

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
        async () => (await invoke('POST', 'cert-a')).text === 'this-is-the-new-secret',
        5_000,
        'the new value is read',
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
  for (const name of SECRETS) await target.ask('DELETE', `/system/secrets?namespace=${NAMESPACE}`, { name })
  await target.ask('DELETE', `/system/namespace/${NAMESPACE}`)
}

interface Info {
  readonly provider: {
    readonly provider: string
    readonly orchestration: string
    readonly version: Version
  }
  readonly version: Version
}

interface Version {
  readonly release: string
  readonly sha: string
}

/** The fields that item 1b compares; those that must be absent are undefined. */
const COMPARED = [
  'name',
  'image',
  'namespace',
  'envProcess',
  'envVars',
  'constraints',
  'secrets',
  'labels',
  'annotations',
  'limits',
  'requests',
  'readOnlyRootFilesystem',
] as const

function given(status: Status): Readonly<Record<string, unknown>> {
  return Object.fromEntries(COMPARED.map((field) => [field, status[field]]))
}

function asGiven({ service, ...fields }: { service: string; labels?: object }, image: string): object {
  const labels = { ...fields.labels, faas_function: service }
  const absent = Object.fromEntries(COMPARED.map((field) => [field, undefined]))
  return { ...absent, annotations: {}, ...fields, name: service, image, namespace: NAMESPACE, labels }
}
