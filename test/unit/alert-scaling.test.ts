import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { functionName } from '../../src/core/functions/function-name.ts'
import { replicasAfterAlert } from '../../src/gateway/api/functions/alert-scaling.ts'
import { testApp } from '../fakes/test-app.ts'

const labels = (min: string, max: string, factor: string): Record<string, string> => ({
  'com.openfaas.scale.min': min,
  'com.openfaas.scale.max': max,
  'com.openfaas.scale.factor': factor,
})

describe('replicas after an alert', () => {
  const rows: readonly (readonly [
    current: number,
    max: string,
    min: string,
    factor: string,
    status: string,
    after: number,
  ])[] = [
    [1, '5', '1', '20', 'firing', 2],
    [1, '5', '1', '10', 'firing', 2],
    [8, '5', '1', '10', 'firing', 5],
    [0, '5', '1', '20', 'firing', 1],
    [1, '20', '1', '20', 'firing', 5],
    [1, '5', '1', '100', 'firing', 5],
    [1, '5', '1', '101', 'firing', 5],
    [1, '5', '1', '1000000000', 'firing', 5],
    [1, '5', '1', '9'.repeat(400), 'firing', 5],
    [1, '5', '1', '-1', 'firing', 2],
    [1, '20', '1', '10.5', 'firing', 3],
    [3, '10', '2', '20', 'resolved', 2],
    [3, '10', '2', '20', 'anything else', 2],
    [0, '5', '2', '20', 'resolved', 0],
    [1, '5', '1', '0', 'firing', 1],
    [2, '2', '2', '20', 'firing', 2],
    [3, 'many', 'few', 'some', 'firing', 4],
  ]
  for (const [current, max, min, factor, status, after] of rows) {
    it(`replicas after an alert are ${after} from ${current} on ${status} with max ${max}, min ${min}, factor ${factor.slice(0, 12)}`, () => {
      assert.equal(replicasAfterAlert(labels(min, max, factor), current, status), after)
    })
  }

  it('replicas after an alert go up to 5 without labels', () => {
    assert.equal(replicasAfterAlert({}, 4, 'firing'), 5)
    assert.equal(replicasAfterAlert({}, 5, 'firing'), 5)
  })
})

describe('the alert route', () => {
  const firing = (name: string): unknown => ({
    status: 'firing',
    labels: { alertname: 'a', function_name: name },
  })

  it('adds a step while an alert is firing and goes back to min when it ends, where alerts scale (S1, S2)', async () => {
    const { ask, functions } = testApp()
    await ask('POST', '/system/functions', { service: 'one', image: 'a/b', labels: labels('1', '5', '20') })
    const one = functionName('one')

    await ask('POST', '/system/alert', { alerts: [firing('one')] })
    assert.equal(functions.get(one)?.replicas, 2)
    await ask('POST', '/system/alert', { alerts: [firing('one'), firing('one')] })
    assert.equal(functions.get(one)?.replicas, 4)
    await ask('POST', '/system/alert', {
      status: 'firing',
      alerts: [{ status: 'resolved', labels: { function_name: 'one' } }],
    })

    assert.equal(functions.get(one)?.replicas, 1)
  })

  it('goes by the status of each entry and skips unknown functions (S3)', async () => {
    const { ask, functions } = testApp()
    for (const service of ['one', 'two']) await ask('POST', '/system/functions', { service, image: 'a/b' })
    const alerts = [firing('nobody'), firing('one.openfaas-fn'), firing(''), firing('two'), { labels: null }]

    const response = await ask('POST', '/system/alert', { status: 'resolved', alerts })

    assert.equal(response.status, 200)
    assert.equal(await response.text(), '')
    assert.equal(functions.get(functionName('one'))?.replicas, 2)
    assert.equal(functions.get(functionName('two'))?.replicas, 2)
  })

  it('hands a least count to the built-in scaling, which it does not do itself', async () => {
    const told: unknown[] = []
    const scaling = {
      mode: 'builtin' as const,
      alertFires: (fn: string, replicas: number) => void told.push([fn, replicas]),
      alertEnds: (fn: string) => void told.push(fn),
    }
    const { ask, functions } = testApp({ scaling })
    const off = { 'com.openfaas.scale.factor': '0' }
    await ask('POST', '/system/functions', { service: 'one', image: 'a/b' })
    await ask('POST', '/system/functions', { service: 'off', image: 'a/b', labels: off })
    const ended = { status: 'resolved', labels: { function_name: 'one' } }

    const alerts = [firing('one'), firing('one'), firing('off'), firing('nobody'), ended]
    assert.equal((await ask('POST', '/system/alert', { alerts })).status, 200)

    const one = functionName('one')
    assert.deepEqual(told, [[one, 2], [one, 2], one])
    assert.equal(functions.get(one)?.replicas, 1)
  })

  it('logs alerts and does nothing when scaling is off', async () => {
    const none = (): never => assert.fail('nothing is scaled')
    const { ask, functions, log } = testApp({
      scaling: { mode: 'off', alertFires: none, alertEnds: none },
    })
    await ask('POST', '/system/functions', { service: 'one', image: 'a/b' })

    assert.equal((await ask('POST', '/system/alert', { alerts: [firing('one')] })).status, 200)

    assert.equal(functions.get(functionName('one'))?.replicas, 1)
    assert.equal(log.named('alert not applied, scaling is off').length, 1)
  })

  it('answers 400 to what is no alert (S4)', async () => {
    const { ask } = testApp()

    for (const body of ['', '{', '[]', '{"alerts":{}}', '{"alerts":[7]}', '{"alerts":[{"labels":"x"}]}']) {
      assert.equal((await ask('POST', '/system/alert', body)).status, 400, body)
    }
    assert.equal((await ask('POST', '/system/alert', {})).status, 200)
  })

  it('answers 500 with a line for each function that could not be scaled', async () => {
    const { ask, functions } = testApp()
    await ask('POST', '/system/functions', { service: 'one', image: 'a/b' })
    functions.scale = () => Promise.reject(new Error('disk full'))

    const response = await ask('POST', '/system/alert', { alerts: [firing('one')] })

    assert.equal(response.status, 500)
    assert.equal(await response.text(), 'one.openfaas-fn: cannot be scaled to 2\n')
  })
})
