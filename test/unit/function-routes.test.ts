import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { functionName } from '../../src/core/functions/function-name.ts'
import { testApp } from '../fakes/test-app.ts'

const hello = { service: 'hello', image: 'ghcr.io/sampan/hello:1' }

describe('deploying by POST', () => {
  it('says in headers that any client can read what is taken otherwise than asked for', async () => {
    const { ask, provider, log } = testApp()
    provider.remarked = ['limits.cpu: "4" is more than this host has, and becomes 2', 'ünd mehr\r\nX: y']
    const labels = { 'com.openfaas.scale.max': '50' }

    const answer = await ask('POST', '/system/functions', { service: 'hello', image: 'hello', labels })

    assert.equal(answer.status, 202)
    assert.equal(
      answer.headers.get('warning'),
      [
        '299 - "limits.cpu: \\"4\\" is more than this host has, and becomes 2"',
        '299 - "?nd mehr??X: y"',
        '299 - "labels.com.openfaas.scale.max: 50 is more than the 20 replicas that a function may have, and becomes 20"',
      ].join(', '),
    )
    const [audit] = log.named('audit')
    assert.match(String(audit?.fields['remarks']), /limits\.cpu: .*ünd mehr.*,labels\.com/s)
    provider.remarked = []
    const quiet = await ask('PUT', '/system/functions', { service: 'hello', image: 'hello' })
    assert.equal(quiet.headers.get('warning'), null)
  })

  it('accepts a deployment and keeps its body verbatim', async () => {
    const { ask, functions } = testApp()
    const body = '{ "service": "hello",  "image": "ghcr.io/sampan/hello:1" }'

    const response = await ask('POST', '/system/functions', body)

    assert.equal(response.status, 202)
    assert.equal(await response.text(), '')
    assert.equal(functions.bodies.get(functionName('hello')), body)
  })

  it('refuses a name that is taken', async () => {
    const { ask } = testApp()
    await ask('POST', '/system/functions', hello)

    const response = await ask('POST', '/system/functions', hello)

    assert.equal(response.status, 409)
    assert.match(await response.text(), /hello/)
  })

  it('takes keys in any case, ignores unknown ones and reads null as absent', async () => {
    const { ask, functions } = testApp()

    const body = {
      SERVICE: 'hello',
      Image: 'a/b:1',
      network: 'x',
      registryAuth: {},
      labels: null,
      EnvVars: { A: 'b' },
    }
    const response = await ask('POST', '/system/functions', body)

    assert.equal(response.status, 202)
    assert.deepEqual(functions.get(functionName('hello'))?.spec.envVars, { A: 'b' })
  })

  it('keeps the body as it came, but for credentials of a registry', async () => {
    const { ask, functions } = testApp()
    const kept: string[] = []
    const { deploy } = functions
    functions.deploy = (spec, body) => {
      kept.push(body)
      return deploy.call(functions, spec, body)
    }
    const plain = '{ "service": "one",  "image": "a/b" }'
    const withAuth = { service: 'two', image: 'a/b', RegistryAuth: 'c2VjcmV0', labels: { registryAuth: 'x' } }

    await ask('POST', '/system/functions', plain)
    await ask('POST', '/system/functions', withAuth)

    assert.deepEqual(kept, [plain, '{"service":"two","image":"a/b","labels":{"registryAuth":"x"}}'])
  })

  it('takes the namespace of the body before that of the query', async () => {
    const { ask, functions, namespaces } = testApp()
    namespaces.insert({ name: 'dev', labels: {}, annotations: {} })

    await ask('POST', '/system/functions?namespace=openfaas-fn', { ...hello, namespace: 'dev' })
    await ask('POST', '/system/functions?namespace=dev', { ...hello, service: 'other' })

    assert.ok(functions.get(functionName('hello', 'dev')))
    assert.ok(functions.get(functionName('other', 'dev')))
  })

  const wrong: readonly (readonly [field: string, body: unknown])[] = [
    ['body', ''],
    ['body', '{'],
    ['body', '[]'],
    ['body', '"text"'],
    ['service', 'null'],
    ['service', { image: 'a/b' }],
    ['service', { ...hello, service: 'Hello' }],
    ['service', { ...hello, service: 'a.b' }],
    ['service', { ...hello, service: 'a'.repeat(64) }],
    ['service', { ...hello, service: 7 }],
    ['image', { service: 'hello' }],
    ['image', { ...hello, image: '--privileged' }],
    ['image', { ...hello, image: 'a b' }],
    ['image', { ...hello, image: 'a/Upper' }],
    ['namespace', { ...hello, namespace: 'No_Such' }],
    ['namespace', { ...hello, namespace: 'missing' }],
    ['envVars.A', { ...hello, envVars: { A: 1 } }],
    ['envVars', { ...hello, envVars: { 'A=B': '1' } }],
    ['envVars', { ...hello, envVars: ['A'] }],
    ['envVars.__proto__', '{"service":"hello","image":"a/b","envVars":{"__proto__":"x"}}'],
    ['labels.a', { ...hello, labels: { a: true } }],
    ['annotations', { ...hello, annotations: 'x' }],
    ['secrets.0', { ...hello, secrets: ['../etc'] }],
    ['secrets', { ...hello, secrets: 'one' }],
    ['constraints.1', { ...hello, constraints: ['a', {}] }],
    ['limits', { ...hello, limits: [] }],
    ['limits.memory', { ...hello, limits: { memory: '128Q' } }],
    ['limits.memory', { ...hello, limits: { memory: 5 } }],
    ['requests.cpu', { ...hello, requests: { CPU: 'much' } }],
    ['limits.nvidia.com/gpu', { ...hello, limits: { 'nvidia.com/gpu': 'one' } }],
    ['limits.intel.com/gpu', { ...hello, limits: { 'intel.com/gpu': '-1' } }],
    ['requests.nvidia.com/gpu', { ...hello, requests: { 'nvidia.com/gpu': '0.5' } }],
    ['requests.amd.com/gpu', { ...hello, requests: { 'amd.com/gpu': 1 } }],
    ['readOnlyRootFilesystem', { ...hello, readOnlyRootFilesystem: 'yes' }],
  ]
  for (const [field, body] of wrong) {
    it(`names ${field} when it refuses ${JSON.stringify(body).slice(0, 70)}`, async () => {
      const { ask, provider } = testApp()

      const response = await ask('POST', '/system/functions', body)

      assert.equal(response.status, 400)
      assert.equal(response.headers.get('content-type'), 'text/plain; charset=utf-8')
      assert.ok((await response.text()).startsWith(`${field}:`))
      assert.deepEqual(provider.applied, [])
    })
  }

  it('1.4: deploying by POST refuses bytes that are not UTF-8, deep nesting and a huge body', async () => {
    const { app, ask } = testApp()
    const headers = { Authorization: `Basic ${Buffer.from('admin:secret').toString('base64')}` }
    const bytes = Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d])

    const notText = await app.request('/system/functions', { method: 'POST', headers, body: bytes })
    const deep = await ask('POST', '/system/functions', '['.repeat(200_000))
    const huge = await ask('POST', '/system/functions', ' '.repeat(1024 * 1024 + 1))

    assert.deepEqual([notText.status, deep.status, huge.status], [400, 400, 413])
  })

  it('never repeats the text of broken JSON, which may hold a secret', async () => {
    const { ask } = testApp()

    const response = await ask('POST', '/system/functions', '{"envVars":{"KEY":"hunter2"')

    assert.doesNotMatch(await response.text(), /hunter2/)
  })
})

describe('updating by PUT', () => {
  it('answers 404 for an unknown function, so that clients deploy it', async () => {
    const { ask } = testApp()

    assert.equal((await ask('PUT', '/system/functions', hello)).status, 404)
  })

  it('replaces the whole spec', async () => {
    const { ask, functions } = testApp()
    await ask('POST', '/system/functions', { ...hello, labels: { a: '1' }, envVars: { A: 'b' } })

    const response = await ask('PUT', '/system/functions', { ...hello, image: 'a/b:2' })

    assert.equal(response.status, 202)
    const spec = functions.get(functionName('hello'))?.spec
    assert.deepEqual([spec?.image, spec?.labels, spec?.envVars], ['a/b:2', {}, {}])
  })
})

describe('removing', () => {
  it('a removed function leaves its name to another at once', async () => {
    const { ask } = testApp()
    await ask('POST', '/system/functions', hello)

    const removed = await ask('DELETE', '/system/functions', { functionName: 'hello' })
    const again = await ask('POST', '/system/functions', hello)

    assert.deepEqual([removed.status, again.status], [202, 202])
  })

  it('answers 404 for an unknown name and 400 for none', async () => {
    const { ask } = testApp()

    assert.equal((await ask('DELETE', '/system/functions', { functionName: 'nobody' })).status, 404)
    assert.equal((await ask('DELETE', '/system/functions', { functionName: 'Not A Name' })).status, 404)
    assert.equal((await ask('DELETE', '/system/functions', {})).status, 400)
    assert.equal((await ask('DELETE', '/system/functions')).status, 400)
  })

  it('reads the namespace from body or query', async () => {
    const { ask, namespaces } = testApp()
    namespaces.insert({ name: 'dev', labels: {}, annotations: {} })
    await ask('POST', '/system/functions', { ...hello, namespace: 'dev' })
    await ask('POST', '/system/functions', { ...hello, service: 'two', namespace: 'dev' })

    const byQuery = await ask('DELETE', '/system/functions?namespace=dev', { functionName: 'hello' })
    const byBody = await ask('DELETE', '/system/functions', { functionName: 'two', namespace: 'dev' })

    assert.deepEqual([byQuery.status, byBody.status], [202, 202])
  })
})

describe('scaling', () => {
  it('goes by the name in the path and reads back at once, zero included', async () => {
    const { ask } = testApp()
    await ask('POST', '/system/functions', hello)

    const scaled = await ask('POST', '/system/scale-function/hello', { serviceName: 'other', replicas: 0 })
    const body = (await (await ask('GET', '/system/function/hello')).json()) as Record<string, unknown>

    assert.equal(scaled.status, 202)
    assert.equal(body['replicas'], 0)
  })

  it('answers 404 for an unknown function and 400 for what is no count', async () => {
    const { ask } = testApp()
    await ask('POST', '/system/functions', hello)

    assert.equal((await ask('POST', '/system/scale-function/nobody', { replicas: 1 })).status, 404)
    for (const replicas of [-1, 1.5, '2', 1e20, true]) {
      assert.equal((await ask('POST', '/system/scale-function/hello', { replicas })).status, 400)
    }
  })

  it('stays within the label scale.max', async () => {
    const { ask, functions } = testApp()
    await ask('POST', '/system/functions', { ...hello, labels: { 'com.openfaas.scale.max': '3' } })

    const scaled = await ask('POST', '/system/scale-function/hello', { replicas: 50 })

    assert.equal(functions.get(functionName('hello'))?.replicas, 3)
    assert.equal(scaled.headers.get('x-scaled-to'), '3')
    assert.match(scaled.headers.get('warning') ?? '', /50 is more than the function may have, and becomes 3/)
    const within = await ask('POST', '/system/scale-function/hello', { replicas: 3 })
    assert.deepEqual([within.status, within.headers.get('x-scaled-to')], [202, null])
  })

  it('scaling takes the namespace from the body alone, or from the query alone (S23)', async () => {
    const { ask, functions, namespaces } = testApp()
    namespaces.insert({ name: 'dev', labels: {}, annotations: {} })
    await ask('POST', '/system/functions', { ...hello, namespace: 'dev' })
    const count = () => functions.get(functionName('hello', 'dev'))?.replicas

    await ask('POST', '/system/scale-function/hello', { replicas: 2, namespace: 'dev' })
    assert.equal(count(), 2)
    await ask('POST', '/system/scale-function/hello?namespace=dev', { replicas: 3 })

    assert.equal(count(), 3)
  })
})
