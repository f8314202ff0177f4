import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { eventually } from '../fakes/eventually.ts'
import { skipWithoutDocker } from '../fixtures/images.ts'
import { Target, type Answer, type Sent, type Status } from './target.ts'

// http-api 16: what each client sends, with its own headers, and what it accepts. The function's name is the suite's.

const NAME = 'conform'
const NAMESPACE = 'conform-client'
const SECRET = 'conform-client'
const CLI = 'faas-cli/0.18.12'
const SDK = 'openfaas-go-sdk'

describe('http-api 16: what clients send and accept', { skip: await skipWithoutDocker() }, () => {
  let target: Target
  before(async () => {
    target = await Target.open()
  })
  beforeEach(() => clear(target))
  after(async () => {
    await clear(target)
    await target.close()
  })

  /** As a client that is logged in: its own agent, and a type on what has a body. */
  const as = (agent: string, [method, path]: readonly [string, string], body?: unknown): Promise<Answer> => {
    const type: Record<string, string> = body === undefined ? {} : { 'Content-Type': 'application/json' }
    const headers = { Authorization: target.authorization, 'User-Agent': agent, ...type }
    return target.send(method, path, body === undefined ? { headers } : { headers, body })
  }
  const accepted = ({ status, text }: Answer, ...among: readonly number[]): void =>
    assert.ok(among.includes(status), `${status}: ${text}`)
  /** What `deploy` puts together: maps always, the rest when there is something. */
  const spec = (fields: object = {}): object => {
    return { service: NAME, image: target.image, envProcess: 'cat', labels: {}, annotations: {}, ...fields }
  }
  const cliDeploy = async (fields: object = {}): Promise<readonly number[]> => {
    const put = await as(CLI, ['PUT', '/system/functions'], spec(fields))
    if (put.status !== 404) return [put.status]
    return [404, (await as(CLI, ['POST', '/system/functions'], spec(fields))).status]
  }
  const read = async <T>(path: string): Promise<T> => {
    const answer = await as(CLI, ['GET', path])
    assert.equal(answer.status, 200, answer.text)
    return JSON.parse(answer.text) as T
  }

  it('16.1: version dereferences both versions', async () => {
    const info = await read<{ provider: { version: object }; version: object }>('/system/info')

    for (const version of [info.version, info.provider.version])
      assert.deepEqual(Object.keys(version).toSorted(), ['release', 'sha'])
  })

  it('16.1: login takes 200 for good and 401 for bad', async () => {
    accepted(await target.ask('GET', '/system/functions'), 200)
    for (const Authorization of ['Bearer ', 'Basic YWRtaW46eA=='])
      accepted(await target.send('GET', '/system/functions', { headers: { Authorization } }), 401)
  })

  it('16.1: ready asks /healthz without credentials, then the status until a replica is there', async () => {
    accepted(await target.send('GET', '/healthz', { headers: { 'User-Agent': 'Go-http-client/1.1' } }), 200)
    await cliDeploy()

    await eventually(
      async () => (await read<Status>(`/system/function/${NAME}?usage=1`)).availableReplicas > 0,
      60_000,
      `${NAME} is available`,
    )
  })

  it('16.1, 18.1.1: deploy is PUT, and POST after a 404', async () => {
    assert.deepEqual(await cliDeploy(), [404, 202])
    assert.deepEqual(await cliDeploy({ envProcess: 'env' }), [202])
  })

  it('16.1, 18.1.14: deploy --replace is DELETE and POST at once', async () => {
    await cliDeploy()

    accepted(await as(CLI, ['DELETE', '/system/functions'], { functionName: NAME, namespace: '' }), 202)
    accepted(await as(CLI, ['POST', '/system/functions'], spec()), 202)
  })

  it('16.1: list and describe show calls, replicas, image and time', async () => {
    await cliDeploy()
    await target.send('POST', `/function/${NAME}`, { body: 'x' })

    const status = await read<Status>(`/system/function/${NAME}?usage=1`)
    const listed = (await read<readonly Status[]>('/system/functions?namespace=')).find(
      ({ name }) => name === NAME,
    )

    assert.deepEqual([listed?.['invocationCount'], listed?.replicas, listed?.['image']], [1, 1, target.image])
    assert.ok(!Number.isNaN(Date.parse(String(listed?.['createdAt']))))
    assert.deepEqual(Object.keys(status['usage'] ?? {}).toSorted(), ['cpu', 'totalMemoryBytes'])
  })

  it('16.1, 18.2.1, 18.2.2: diff finds what was deployed, as the very strings, and nothing else', async () => {
    const fields = {
      envVars: { A: 'b=c' },
      labels: { team: 'x' },
      annotations: { note: 'y' },
      limits: { memory: '64Mi', cpu: '100m' },
      requests: { memory: '0.0625Gi' },
      constraints: ['node.role == worker'],
      readOnlyRootFilesystem: true,
    }
    await cliDeploy(fields)

    const listed = (await read<readonly Status[]>('/system/functions')).find(({ name }) => name === NAME)
    const compared = Object.keys(fields).map((key) => [key, listed?.[key]])

    assert.deepEqual(Object.fromEntries(compared), fields)
  })

  it('16.1: remove is DELETE with both names in the body; a second one is 404', async () => {
    await cliDeploy()
    const body = { functionName: NAME, namespace: 'openfaas-fn' }

    accepted(await as(CLI, ['DELETE', '/system/functions'], body), 200, 202)
    accepted(await as(CLI, ['DELETE', '/system/functions'], body), 404)
  })

  it('16.1: logs is a stream of JSON values; the SDK says follow=0', async () => {
    await cliDeploy({ envProcess: 'sh', envVars: { combine_output: 'false' } })
    await target.send('POST', `/function/${NAME}`, { body: 'echo heard >&2' })
    const query = `name=${NAME}&tail=-1&namespace=openfaas-fn&since=${encodeURIComponent('2020-01-01T00:00:00+02:00')}`
    const texts = async (): Promise<readonly string[]> => {
      const { text } = await as(SDK, ['GET', `/system/logs?follow=0&${query}`])
      return text
        .split('\n')
        .filter(Boolean)
        .map((line) => (JSON.parse(line) as { text: string }).text)
    }
    await eventually(
      async () => (await texts()).some((text) => text.includes('heard')),
      10_000,
      'the line is there',
    )

    const left = new AbortController()
    const headers = { Authorization: target.authorization, 'User-Agent': CLI }
    const followed = await fetch(`${target.url}/system/logs?follow=true&${query}`, {
      headers,
      signal: left.signal,
    })
    let seen = ''
    for await (const part of followed.body ?? []) {
      seen += Buffer.from(part).toString()
      if (seen.includes('heard')) break
    }
    left.abort()
    assert.equal(followed.status, 200)
    assert.match(seen, /^\{"name":"conform",.*heard/s)
  })

  it('16.1: secret create --replace is POST, and PUT after a 409; a file comes twice', async () => {
    const text = ' of the file\n'
    const body = {
      name: SECRET,
      namespace: '',
      value: text.trim(),
      rawValue: Buffer.from(text).toString('base64'),
    }

    accepted(await as(CLI, ['POST', '/system/secrets'], body), 200, 201, 202)
    accepted(await as(CLI, ['POST', '/system/secrets'], body), 409)
    accepted(await as(CLI, ['PUT', '/system/secrets'], body), 200, 202)

    const listed = await read<readonly { name: string; namespace: string }[]>('/system/secrets?namespace=')
    assert.deepEqual(
      listed.find(({ name }) => name === SECRET),
      { name: SECRET, namespace: 'openfaas-fn' },
    )
    accepted(await as(CLI, ['DELETE', '/system/secrets'], { name: SECRET, namespace: '' }), 200, 202)
    accepted(await as(CLI, ['DELETE', '/system/secrets'], { name: SECRET, namespace: '' }), 404)
  })

  it('16.1, 18.5.5: namespace create, get, list, update and remove, as the SDK marks them', async () => {
    const marked = { name: NAMESPACE, labels: { openfaas: '1' }, annotations: { openfaas: '1' } }
    const path = `/system/namespace/${NAMESPACE}`

    accepted(await as(SDK, ['POST', '/system/namespace/'], marked), 200, 201, 202)
    assert.deepEqual(JSON.parse((await as(SDK, ['GET', path])).text), marked)
    assert.ok((await read<readonly string[]>('/system/namespaces')).includes(NAMESPACE))
    accepted(await as(SDK, ['PUT', path], { ...marked, labels: { openfaas: '1', team: 'x' } }), 200, 201, 202)
    accepted(await as(SDK, ['DELETE', path], marked), 200, 201, 202)
  })

  it('16.1: invoke always names a namespace, with a plain type and without credentials', async () => {
    await cliDeploy()
    const headers = { 'Content-Type': 'text/plain', 'User-Agent': `${CLI} (openfaas; linux; amd64)` }

    const answer = await target.send('POST', `/function/${NAME}.openfaas-fn?a=b`, { headers, body: 'hello' })

    assert.deepEqual([answer.status, answer.text], [200, 'hello'])
  })

  it('16.1: invoke --async is 404 where there is no queue', async () => {
    await cliDeploy()

    accepted(await target.send('POST', `/async-function/${NAME}.openfaas-fn?a=b`, { body: 'hello' }), 404)
  })

  it('16.2: the client of the certifier has the namespace in the query to scale and to remove', async () => {
    await as(SDK, ['POST', '/system/namespace/'], { name: NAMESPACE, labels: { openfaas: '1' } })
    accepted(await target.ask('POST', '/system/functions', spec({ namespace: NAMESPACE })), 200, 202)
    const query = `?namespace=${NAMESPACE}`

    const scale = await target.ask('POST', `/system/scale-function/${NAME}${query}`, {
      serviceName: NAME,
      replicas: 0,
    })
    accepted(scale, 200, 201, 202)
    assert.equal((await target.status(NAME, query)).replicas, 0)
    accepted(await target.ask('DELETE', `/system/functions${query}`, { functionName: NAME }), 200, 202)
  })

  it('16.3: the cron connector finds its functions by annotation and calls them without a body', async () => {
    await cliDeploy({ envProcess: 'env', annotations: { topic: 'cron-function', schedule: '* * * * *' } })
    const found: Status[] = []
    for (const namespace of await read<readonly string[]>('/system/namespaces')) {
      const all = await read<readonly Status[]>(`/system/functions?namespace=${namespace}`)
      found.push(
        ...all.filter(
          ({ annotations }) => (annotations as Record<string, string>)['topic'] === 'cron-function',
        ),
      )
    }
    assert.deepEqual(
      found.map(({ name, namespace }) => `${name}.${String(namespace)}`),
      [`${NAME}.openfaas-fn`],
    )

    const sent: Sent = { headers: { 'X-Topic': 'cron-function', 'X-Connector': 'cron-connector' } }
    const answer = await target.send('POST', `/function/${NAME}.openfaas-fn`, sent)

    assert.equal(answer.status, 200)
    assert.match(answer.text, /^Http_X_Topic=cron-function$/m)
    assert.match(answer.text, /^Http_X_Connector=cron-connector$/m)
  })

  it('16.3: the connector SDK reads lists without a namespace too, and passes a topic and a type', async () => {
    await cliDeploy({ envProcess: 'env', annotations: { topic: 'payments, orders' } })
    const listed = (await read<readonly Status[]>('/system/functions')).find(({ name }) => name === NAME)
    assert.deepEqual(listed?.['annotations'], { topic: 'payments, orders' })

    const headers = { 'X-Topic': 'payments', 'Content-Type': 'application/json' }
    const answer = await target.send('POST', `/function/${NAME}`, { headers, body: '{}' })

    assert.match(answer.text, /^Http_X_Topic=payments$/m)
    assert.match(answer.text, /^Http_Content_Type=application\/json$/m)
  })
})

async function clear(target: Target): Promise<void> {
  await target.ask('DELETE', '/system/functions', { functionName: NAME })
  await target.ask('DELETE', `/system/functions?namespace=${NAMESPACE}`, { functionName: NAME })
  await target.ask('DELETE', '/system/secrets', { name: SECRET })
  await target.ask('DELETE', `/system/namespace/${NAMESPACE}`)
}
