import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { FunctionCondition } from '../../src/core/functions/function-condition.ts'
import { functionName } from '../../src/core/functions/function-name.ts'
import { testApp } from '../fakes/test-app.ts'

const hello = { service: 'hello', image: 'ghcr.io/sampan/hello:1' }

describe('reading functions', () => {
  it('lists nothing as an empty array', async () => {
    const { ask } = testApp()

    const response = await ask('GET', '/system/functions')

    assert.equal(response.status, 200)
    assert.equal(response.headers.get('content-type'), 'application/json')
    assert.equal(await response.text(), '[]')
  })

  it('answers the strings that were deployed and leaves out what was not given', async () => {
    const { ask } = testApp()
    const limits = { memory: '5Mi', cpu: '100m' }
    await ask('POST', '/system/functions', {
      ...hello,
      limits,
      envVars: { A: '1' },
      secrets: ['b', 'a'].slice(0, 0),
    })

    const body: unknown = await (await ask('GET', '/system/function/hello')).json()

    assert.deepEqual(body, {
      name: 'hello',
      namespace: 'openfaas-fn',
      image: 'ghcr.io/sampan/hello:1',
      envVars: { A: '1' },
      limits,
      labels: {},
      annotations: {},
      replicas: 1,
      availableReplicas: 1,
      createdAt: '1970-01-01T00:00:00.001Z',
      status: {
        state: 'ready',
        reason: '',
        lastWords: [],
        revision: 1,
        serving: { revision: 1, image: 'ghcr.io/sampan/hello:1' },
      },
    })
  })

  it('says what is wrong in a field of its own, and in annotations where clients of OpenFaaS describe one function', async () => {
    const { ask, provider } = testApp()
    await ask('POST', '/system/functions', { ...hello, annotations: { mine: '1' } })
    const serving = { revision: 1, image: 'ghcr.io/sampan/hello:1' }
    const condition: FunctionCondition = {
      state: 'degraded',
      reason: 'it exited with code 3',
      lastWords: ['no module', 'named x'],
      revision: 2,
      serving,
    }
    provider.conditions.set(functionName('hello'), condition)

    const single = (await (await ask('GET', '/system/function/hello')).json()) as Record<string, unknown>
    const list = (await (await ask('GET', '/system/functions')).json()) as Record<string, unknown>[]

    assert.deepEqual([single['status'], list[0]?.['status']], [condition, condition])
    assert.deepEqual(single['annotations'], {
      mine: '1',
      'com.sampan.state': 'degraded',
      'com.sampan.reason': 'it exited with code 3',
      'com.sampan.last-words': 'no module | named x',
    })
    assert.deepEqual(list[0]?.['annotations'], { mine: '1' }, 'faas-cli diff compares those of the list')
  })

  it('shows in annotations what a start waits for, once that is known', async () => {
    const { ask, provider } = testApp()
    await ask('POST', '/system/functions', hello)
    const reason = 'nothing accepts connections at port 8080 of the container: it does not listen yet'
    const starting = { state: 'starting', reason, lastWords: [], revision: 1, serving: null } as const
    provider.conditions.set(functionName('hello'), starting)

    const single = (await (await ask('GET', '/system/function/hello')).json()) as Record<string, unknown>

    assert.deepEqual(single['annotations'], { 'com.sampan.state': 'starting', 'com.sampan.reason': reason })
  })

  it('leaves annotations as they were deployed while a function is well or starts', async () => {
    const { ask, provider } = testApp()
    provider.holdReady = true
    await ask('POST', '/system/functions', { ...hello, annotations: { mine: '1' } })

    const single = (await (await ask('GET', '/system/function/hello')).json()) as Record<string, unknown>

    assert.equal((single['status'] as { state: string }).state, 'starting')
    assert.deepEqual(single['annotations'], { mine: '1' })
  })

  it('forgets what a client sends back of a status that it read', async () => {
    const { ask } = testApp()
    const annotations = { mine: '1', 'com.sampan.state': 'failing', 'com.sampan.reason': 'x' }
    await ask('POST', '/system/functions', { ...hello, annotations })

    const single = (await (await ask('GET', '/system/function/hello')).json()) as Record<string, unknown>

    assert.deepEqual(single['annotations'], { mine: '1' })
  })

  it('4.3: reading functions adds faas_function only when the option is on', async () => {
    const { ask } = testApp({ functionLabel: true })
    await ask('POST', '/system/functions', { ...hello, labels: { a: 'b' } })

    const body = (await (await ask('GET', '/system/functions')).json()) as { labels: unknown }[]

    assert.deepEqual(body[0]?.labels, { a: 'b', faas_function: 'hello' })
  })

  it('keeps labels that are called like JavaScript properties', async () => {
    const { ask } = testApp()
    const labels = { constructor: 'x', toString: 'y', hasOwnProperty: 'z' }
    await ask('POST', '/system/functions', { ...hello, labels })

    const body = (await (await ask('GET', '/system/function/hello')).json()) as { labels: unknown }

    assert.deepEqual(body.labels, labels)
  })

  it('counts invocations and, on request, usage', async () => {
    const { ask, counts, provider } = testApp()
    await ask('POST', '/system/functions', hello)
    counts.set(functionName('hello'), 12)
    provider.usageNow = { cpuMillicores: 250, memoryBytes: 4_096 }

    const plain = (await (await ask('GET', '/system/function/hello')).json()) as Record<string, unknown>
    const used = (await (await ask('GET', '/system/function/hello?usage=1')).json()) as Record<
      string,
      unknown
    >

    assert.equal(plain['invocationCount'], 12)
    assert.equal(plain['usage'], undefined)
    assert.deepEqual(used['usage'], { cpu: 250, totalMemoryBytes: 4_096 })
  })

  it('leaves usage out where the provider has no figures', async () => {
    const { ask, provider } = testApp()
    await ask('POST', '/system/functions', hello)
    provider.usageNow = null

    const answer = await ask('GET', '/system/function/hello?usage=1')

    assert.equal(answer.status, 200)
    assert.equal('usage' in ((await answer.json()) as object), false)
  })

  it('shows one that idleness has scaled to zero with none, asleep, and with those that are not frozen yet', async () => {
    const { ask, provider, functions } = testApp()
    const labels = { 'com.openfaas.scale.zero': 'true', 'com.openfaas.scale.min': '2' }
    await ask('POST', '/system/functions', { ...hello, labels })
    const fn = functions.existing(functionName('hello'))
    functions.existing = functions.get = functions.find = () => ({ ...fn, isResting: true })
    const shown = async (): Promise<unknown> => {
      const status = (await (await ask('GET', '/system/function/hello')).json()) as {
        replicas: number
        availableReplicas: number
        status: { state: string }
      }
      return [status.replicas, status.availableReplicas, status.status.state]
    }

    assert.deepEqual(await shown(), [2, 2, 'ready'])
    provider.apply({ ...fn, isResting: true })

    assert.deepEqual(await shown(), [0, 0, 'sleeping'])
  })

  it('reading functions counts replicas that are frozen: they take calls', async () => {
    const { ask, functions, provider } = testApp()
    await ask('POST', '/system/functions', hello)
    const fn = functions.get(functionName('hello'))
    assert.ok(fn)
    provider.apply({ ...fn, isResting: true })

    const status = (await (await ask('GET', '/system/function/hello')).json()) as Record<string, unknown>

    assert.deepEqual([status['replicas'], status['availableReplicas']], [1, 1])
  })

  it('reading functions does not count replicas that are not ready', async () => {
    const { ask, provider } = testApp()
    provider.holdReady = true
    await ask('POST', '/system/functions', { ...hello, labels: { 'com.openfaas.scale.min': '2' } })

    const body = (await (await ask('GET', '/system/function/hello')).json()) as Record<string, unknown>

    assert.deepEqual([body['replicas'], body['availableReplicas']], [2, 0])
  })

  it('answers 404 for an unknown function, 400 for an unknown namespace', async () => {
    const { ask } = testApp()

    assert.equal((await ask('GET', '/system/function/nobody')).status, 404)
    assert.equal((await ask('GET', '/system/function/nobody?namespace=nowhere')).status, 400)
    assert.equal((await ask('GET', '/system/functions?namespace=nowhere')).status, 400)
    assert.equal((await ask('GET', '/system/functions?namespace=No_Where')).status, 400)
  })

  it('understands a namespace behind the name', async () => {
    const { ask } = testApp()
    await ask('POST', '/system/functions', hello)

    assert.equal((await ask('GET', '/system/function/hello.openfaas-fn')).status, 200)
    assert.equal((await ask('GET', '/system/function/hello.other')).status, 400)
  })
})
