import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { skipWithoutDocker } from '../fixtures/images.ts'
import { Target } from './target.ts'

describe('http-api 4 and 6.1 to 6.6: functions', { skip: await skipWithoutDocker() }, () => {
  let target: Target
  before(async () => {
    target = await Target.open()
  })
  after(() => target.close())

  const spec = (fields: object = {}): object => ({
    service: 'conform',
    image: target.image,
    envProcess: 'cat',
    ...fields,
  })

  it('6.1: a list without functions is [], and one at zero replicas is listed', async () => {
    await target.withFunction({}, async (name) => {
      await target.expect(202, ['POST', `/system/scale-function/${name}`, { replicas: 0 }])

      const own = (await target.list()).find((status) => status.name === name)

      assert.deepEqual([own?.replicas, own?.['createdAt'] !== undefined], [0, true])
    })
    assert.match((await target.expect(200, ['GET', '/system/functions'])).text, /^\[/)
  })

  it('6.2, 18.1.2: a deploy is 202 with an empty body, and its status is there at once', async () => {
    await target.withFunction({}, async (name) => {
      assert.equal((await target.status(name)).replicas, 1)
    })
  })

  it('6.2: a name that exists is 409', async () => {
    await target.withFunction({}, async () => {
      await target.expect(409, ['POST', '/system/functions', spec()])
    })
  })

  it('6.2: what is missing or wrong is 400 and names the field', async () => {
    const wrong: readonly (readonly [field: string, body: object])[] = [
      ['service', { image: target.image }],
      ['service', spec({ service: 'Not_A_Name' })],
      ['service', spec({ service: 'a.b' })],
      ['service', spec({ service: 'a'.repeat(64) })],
      ['image', { service: 'conform' }],
      ['image', spec({ image: '--rm' })],
      ['secrets', spec({ secrets: ['conform-none'] })],
      ['limits.memory', spec({ limits: { memory: '5Q' } })],
      ['limits.cpu', spec({ limits: { cpu: 'many' } })],
      ['requests.memory', spec({ requests: { memory: '-5Mi' } })],
      ['namespace', spec({ namespace: 'conform-none' })],
    ]
    for (const [field, body] of wrong) {
      const { text } = await target.expect(400, ['POST', '/system/functions', body])
      assert.ok(text.startsWith(field), text)
    }
    const missing = await target.expect(400, [
      'POST',
      '/system/functions',
      spec({ secrets: ['conform-none'] }),
    ])
    assert.match(missing.text, /conform-none/)
  })

  it('6.2: an image that cannot be had is 400, and the name stays free', async () => {
    await target.expect(400, ['POST', '/system/functions', spec({ image: '127.0.0.1:1/no/such:1' })])

    await target.expect(404, ['GET', '/system/function/conform'])
  })

  it('6.2, 18.4.15: the label scale.min is the first count', async () => {
    await target.withFunction({ labels: { 'com.openfaas.scale.min': '2' } }, async (name) => {
      assert.equal((await target.status(name)).replicas, 2)
    })
  })

  it('6.3, 18.1.1: an update of an unknown function is 404, so that clients deploy it', async () => {
    await target.expect(404, ['PUT', '/system/functions', spec()])
  })

  it('6.3: an update is 202, merges nothing and keeps count and creation time', async () => {
    await target.withFunction(
      { labels: { a: '1' }, annotations: { b: '2' }, envVars: { C: '3' } },
      async (name) => {
        await target.expect(202, ['POST', `/system/scale-function/${name}`, { replicas: 2 }])
        const before = await target.status(name)

        const answer = await target.expect(202, ['PUT', '/system/functions', spec()])

        const after = await target.status(name)
        assert.equal(answer.text, '')
        assert.deepEqual([after['labels'], after['annotations'], after['envVars']], [{}, {}, undefined])
        assert.deepEqual([after.replicas, after['createdAt']], [2, before['createdAt']])
      },
    )
  })

  it('6.3: an update of a function at zero starts it', async () => {
    await target.withFunction({}, async (name) => {
      await target.expect(202, ['POST', `/system/scale-function/${name}`, { replicas: 0 }])
      await target.expect(202, ['PUT', '/system/functions', spec()])

      assert.equal((await target.status(name)).replicas, 1)
    })
  })

  it('6.4: a removal is 202 and frees the name at once', async () => {
    await target.withFunction({}, async (name) => {
      await target.expect(202, ['DELETE', '/system/functions', { functionName: name }])
      await target.expect(404, ['GET', `/system/function/${name}`])
      await target.expect(202, ['POST', '/system/functions', spec()])
    })
  })

  it('6.4: removing answers 404 for an unknown name, 400 without one', async () => {
    await target.expect(404, ['DELETE', '/system/functions', { functionName: 'conform-none' }])
    await target.expect(400, ['DELETE', '/system/functions', {}])
    await target.expect(400, ['DELETE', '/system/functions', '{'])
  })

  it('4.3, 6.5, 18.1.8, 18.3.10, 18.4.9: a status has what was deployed, byte for byte, and beside it only how the function does', async () => {
    const deployed = {
      envVars: { A: 'b=c', 'with.dot': '' },
      constraints: ['node.role == worker'],
      labels: { constructor: 'x', 'com.openfaas.scale.type': 'rps' },
      annotations: { json: '{\n "a": "é"\n}' },
      limits: { memory: '64Mi', cpu: '100m' },
      requests: { memory: '5Mi' },
      readOnlyRootFilesystem: true,
    }
    await target.withFunction(deployed, async (name) => {
      const status = await target.status(name)

      const { replicas, availableReplicas, createdAt, invocationCount, status: how, ...rest } = status
      const fixed = { name, namespace: 'openfaas-fn', image: target.image, envProcess: 'cat' }
      assert.deepEqual(rest, { ...fixed, ...deployed })
      assert.deepEqual([replicas, typeof availableReplicas, invocationCount], [1, 'number', undefined])
      assert.match(JSON.stringify(how), /^\{"state":"(starting|ready)","reason":/)
      assert.match(String(createdAt), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/)
      assert.deepEqual(
        Object.keys((await target.list()).find((each) => each.name === name) ?? {}).toSorted(),
        Object.keys(status).toSorted(),
      )
    })
  })

  it('4.3, 18.1.7, 18.2.2: fields that were not given are absent, labels and annotations are objects', async () => {
    await target.withFunction({ labels: null }, async (name) => {
      const status = await target.status(name)

      for (const field of [
        'envVars',
        'constraints',
        'secrets',
        'limits',
        'requests',
        'readOnlyRootFilesystem',
        'usage',
      ]) {
        assert.equal(status[field], undefined, field)
      }
      assert.deepEqual([status['labels'], status['annotations']], [{}, {}])
    })
  })

  it('4.3: usage is answered on request: millicores and bytes', async () => {
    await target.withFunction({}, async (name) => {
      await target.whenAvailable(name)

      const { usage } = (await target.status(name, '?usage=1')) as {
        usage?: { cpu: number; totalMemoryBytes: number }
      }

      assert.ok(usage !== undefined && usage.cpu >= 0 && usage.totalMemoryBytes > 0, JSON.stringify(usage))
      assert.equal((await target.status(name, '?usage=false'))['usage'], undefined)
    })
  })

  it('4.3, 18.3.1: invocationCount counts finished calls, in the list and in the status', async () => {
    await target.withFunction({}, async (name) => {
      await target.whenAvailable(name)
      for (let call = 0; call < 3; call += 1) await target.send('POST', `/function/${name}`, { body: 'x' })

      assert.equal((await target.status(name))['invocationCount'], 3)
      assert.equal((await target.list()).find((each) => each.name === name)?.['invocationCount'], 3)
    })
  })

  it('6.5: an unknown function is 404', async () => {
    await target.expect(404, ['GET', '/system/function/conform-none'])
    await target.expect(404, ['GET', '/system/function/a.b.c'])
  })

  it('6.6: the path names the function, 0 is allowed, and the count reads back at once', async () => {
    await target.withFunction({ labels: { 'com.openfaas.scale.max': '3' } }, async (name) => {
      const path = `/system/scale-function/${name}`
      for (const [wanted, set] of [
        [0, 0],
        [2, 2],
        [500, 3],
      ]) {
        await target.expect(202, ['POST', path, { serviceName: 'other', replicas: wanted }])
        assert.equal((await target.status(name)).replicas, set)
      }
    })
  })

  it('6.6: a count that is not given is 0, as the decoder of Go reads it', async () => {
    for (const body of [{}, { serviceName: 'conform' }, { replicas: null }, null]) {
      await target.withFunction({}, async (name) => {
        await target.expect(202, ['POST', `/system/scale-function/${name}`, JSON.stringify(body)])

        assert.equal((await target.status(name)).replicas, 0)
      })
    }
  })

  it('6.6: scaling answers 404 for an unknown function, 400 for what is no count', async () => {
    await target.expect(404, ['POST', '/system/scale-function/conform-none', { replicas: 1 }])
    for (const replicas of ['-1', '1.5', '"1"', '[]']) {
      await target.expect(400, ['POST', '/system/scale-function/conform-none', `{"replicas":${replicas}}`])
    }
  })

  it('12.4, 18.1.8: quantities of Kubernetes are taken and come back as they were', async () => {
    for (const memory of ['5Mi', '128M', '1e8', '0.1Gi', '134217728']) {
      await target.withFunction(
        { limits: { memory, cpu: '0.5' }, requests: { cpu: '50m' } },
        async (name) => {
          const { limits, requests } = await target.status(name)
          assert.deepEqual([limits, requests], [{ memory, cpu: '0.5' }, { cpu: '50m' }])
        },
      )
    }
  })
})
