import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { skipWithoutDocker } from '../fixtures/images.ts'
import { Target } from './target.ts'

describe('http-api 4.1, 6.3 and 12: what a deployment may say', { skip: await skipWithoutDocker() }, () => {
  let target: Target
  before(async () => {
    target = await Target.open()
  })
  after(() => target.close())

  const call = async (name: string, body = ''): Promise<string> =>
    (await target.send('POST', `/function/${name}`, { body })).text
  const fire = (name: string, status = 'firing'): Promise<unknown> =>
    target.expect(200, ['POST', '/system/alert', { alerts: [{ status, labels: { function_name: name } }] }])

  it('4.1, 18.3.10: envVars.fprocess counts before envProcess, and both come back', async () => {
    const envVars = { fprocess: 'echo of the variables' }
    await target.withFunction({ envProcess: 'echo of the field', envVars }, async (name) => {
      const status = await target.status(name)

      assert.equal(await call(name), 'of the variables\n')
      assert.deepEqual([status['envProcess'], status['envVars']], ['echo of the field', envVars])
    })
  })

  it('4.1: fields of older clients are ignored', async () => {
    const older = { network: 'func_functions', registryAuth: 'dXNlcjpwYXNz', Debug: [1] }
    await target.withFunction(older, async (name) => {
      const keys = Object.keys(await target.status(name)).map((key) => key.toLowerCase())

      assert.equal(await call(name, 'here'), 'here')
      for (const key of Object.keys(older)) assert.ok(!keys.includes(key.toLowerCase()), key)
    })
  })

  it('4.1: constraints keep a function from nothing', async () => {
    await target.withFunction({ constraints: ['node.role == nobody'] }, async (name) => {
      assert.equal(await call(name, 'here'), 'here')
    })
  })

  it('4.1, 18.4.13: a read-only root has a /tmp that can be written', async () => {
    const script = `(echo kept > /tmp/x) && cat /tmp/x; (echo x > /x) 2>/dev/null && echo open || echo refused`
    const outcomes = [
      [true, 'kept\nrefused\n'],
      [false, 'kept\nopen\n'],
    ] as const
    for (const [readOnlyRootFilesystem, outcome] of outcomes) {
      await target.withFunction({ envProcess: 'sh', readOnlyRootFilesystem }, async (name) => {
        assert.equal(await call(name, script), outcome)
      })
    }
  })

  it('6.3, 18.3.9: an update that cannot be is 400 and changes nothing', async () => {
    await target.withFunction({ labels: { a: '1' } }, async (name) => {
      const before = await target.status(name)
      const spec = { service: name, image: target.image }
      const wrong = [
        { secrets: ['conform-none'] },
        { limits: { memory: 'lots' } },
        { image: 'NO SUCH' },
        { labels: 1 },
      ]
      for (const change of wrong)
        await target.expect(400, ['PUT', '/system/functions', { ...spec, ...change }])

      assert.equal(await call(name, 'as before'), 'as before')
      const {
        availableReplicas: _ready,
        invocationCount: _count,
        status: _now,
        ...after
      } = await target.status(name)
      const { availableReplicas: _were, status: _then, ...expected } = before
      assert.deepEqual(after, expected)
    })
  })

  it('12.1: labels of scaling are taken whatever they say, and come back', async () => {
    const labels = {
      'com.openfaas.scale.min': 'few',
      'com.openfaas.scale.max': '99999999999',
      'com.openfaas.scale.factor': '-1',
      'com.openfaas.scale.zero': 'true',
      'com.openfaas.scale.zero-duration': '5m',
      'com.openfaas.scale.type': 'cpu',
      'com.openfaas.scale.target': '50',
      'com.openfaas.scale.target-proportion': '0.9',
      'com.openfaas.scale.down.window': '1m',
      'com.openfaas.ui.ext': 'png',
      'com.openfaas.min.scale': '3',
    }
    await target.withFunction({ labels }, async (name) => {
      const status = await target.status(name)

      assert.deepEqual([status['labels'], status.replicas], [labels, 1])
    })
  })

  it('12.1: a wake-up raises to scale.min', async () => {
    await target.withFunction({ labels: { 'com.openfaas.scale.min': '2' } }, async (name) => {
      await target.expect(202, ['POST', `/system/scale-function/${name}`, { replicas: 0 }])

      assert.equal(await call(name, 'awake'), 'awake')
      assert.equal((await target.status(name)).replicas, 2)
    })
  })

  it('12.1, 18.3.7, 18.5.3: scale.factor is percent of max, 10 by default, 100 at most; none makes a function unreachable', async () => {
    const counts = [
      ['4', '25', 2],
      ['4', '50', 3],
      ['10', 'no number', 2],
      ['4', '0', 1],
      ['4', '101', 4],
      ['4', '1000000000', 4],
    ] as const
    for (const [max, factor, replicas] of counts) {
      const labels = { 'com.openfaas.scale.max': max, 'com.openfaas.scale.factor': factor }
      await target.withFunction({ labels }, async (name) => {
        await fire(name)

        assert.equal((await target.status(name)).replicas, replicas, factor)
        assert.equal(await call(name, 'reached'), 'reached')
      })
    }
  })

  it('12.2: annotations may be any text, and come back as they were', async () => {
    const annotations = {
      topic: 'cron-function',
      schedule: '*/5 * * * *',
      'topics, several': 'a,b; c',
      'eks.amazonaws.com/role': 'x',
      'prometheus.io.scrape': 'true',
      'com.openfaas.queue': 'slow',
      json: '{\n  "a": ["\u00e9", "\u{1f600}"]\n}\n',
      empty: '',
    }
    await target.withFunction({ annotations }, async (name) => {
      const listed = (await target.list()).find((each) => each.name === name)

      assert.deepEqual((await target.status(name))['annotations'], annotations)
      assert.deepEqual(listed?.['annotations'], annotations)
    })
  })
})
