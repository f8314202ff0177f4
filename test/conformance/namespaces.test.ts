import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { skipWithoutDocker } from '../fixtures/images.ts'
import { Target } from './target.ts'

const dev = {
  name: 'conform-dev',
  labels: { openfaas: '1', team: 'x' },
  annotations: { openfaas: '1', note: 'a\nb' },
}
const PATH = '/system/namespace/conform-dev'

describe('http-api 3 and 6.9: namespaces', { skip: await skipWithoutDocker() }, () => {
  let target: Target
  before(async () => {
    target = await Target.open()
  })
  beforeEach(() => clear(target))
  after(async () => {
    await clear(target)
    await target.close()
  })

  const create = (): Promise<unknown> => target.expect(201, ['POST', '/system/namespace/', dev])

  it('6.9, 18.3.10: the default one comes first, created ones follow, none twice', async () => {
    await create()

    const names = JSON.parse((await target.expect(200, ['GET', '/system/namespaces'])).text) as string[]

    assert.equal(names[0], 'openfaas-fn')
    assert.equal(names.filter((name) => name === 'conform-dev').length, 1)
    assert.equal(new Set(names).size, names.length)
  })

  it('6.9: labels and annotations are kept and replaced as a set', async () => {
    await create()
    assert.deepEqual(JSON.parse((await target.expect(200, ['GET', PATH])).text), dev)

    await target.expect(202, ['PUT', PATH, { name: dev.name, labels: { openfaas: '1' } }])

    const after = JSON.parse((await target.expect(200, ['GET', PATH])).text) as object
    assert.deepEqual(after, { name: dev.name, labels: { openfaas: '1' }, annotations: {} })
  })

  it('6.9: creating answers 400 without a name or mark, 409 when it exists', async () => {
    await create()

    await target.expect(409, ['POST', '/system/namespace/', dev])
    await target.expect(400, ['POST', '/system/namespace/', { labels: dev.labels }])
    await target.expect(400, ['POST', '/system/namespace/', { name: 'conform-other' }])
    await target.expect(400, ['POST', '/system/namespace/', { ...dev, name: 'Not_A_Name' }])
    await target.expect(400, ['POST', '/system/namespace/', '{'])
  })

  it('6.9: reading answers 400 without a name, 404 for an unknown one', async () => {
    await target.expect(400, ['GET', '/system/namespace/'])
    await target.expect(404, ['GET', '/system/namespace/conform-none'])
  })

  it('6.9: changing answers 400 for another name, 404 for an unknown one', async () => {
    await create()

    await target.expect(400, ['PUT', PATH, { ...dev, name: 'conform-other' }])
    await target.expect(404, ['PUT', '/system/namespace/conform-none', { ...dev, name: 'conform-none' }])
  })

  it('6.9: removing needs no body, an empty namespace, and not the default one', async () => {
    await create()
    await target.expect(400, ['DELETE', '/system/namespace/openfaas-fn'])
    await target.expect(404, ['DELETE', '/system/namespace/conform-none'])
    await target.withFunction({ namespace: dev.name }, async () => {
      await target.expect(409, ['DELETE', PATH])
    })
    await target.expect(400, ['DELETE', PATH, { name: 'conform-other' }])

    await target.expect(202, ['DELETE', PATH, dev])
    await target.expect(404, ['GET', PATH])
  })

  it('3, 18.1.4, 18.3.10: each mutating route takes the namespace from body or query, body first', async () => {
    await create()
    const spec = { service: 'conform', image: target.image, envProcess: 'cat' }
    const inQuery = '?namespace=conform-dev'

    await target.expect(202, ['POST', `/system/functions${inQuery}`, spec])
    assert.equal((await target.status('conform', inQuery))['namespace'], 'conform-dev')
    await target.expect(202, ['POST', `/system/scale-function/conform${inQuery}`, { replicas: 0 }])
    await target.expect(202, ['POST', '/system/scale-function/conform', { replicas: 1, namespace: dev.name }])
    await target.expect(202, ['PUT', '/system/functions?namespace=none', { ...spec, namespace: dev.name }])
    await target.expect(202, ['DELETE', `/system/functions${inQuery}`, { functionName: 'conform' }])
    await target.expect(202, ['POST', `/system/secrets${inQuery}`, { name: 'conform', value: 'x' }])
    await target.expect(202, ['DELETE', '/system/secrets', { name: 'conform', namespace: dev.name }])
  })

  it('3: functions of one name live apart in two namespaces', async () => {
    await create()
    await target.withFunction({ namespace: dev.name, envProcess: 'echo dev' }, async (name) => {
      await target.expect(404, ['GET', `/system/function/${name}`])
      assert.deepEqual(
        (await target.list(dev.name)).map((status) => status.name),
        [name],
      )
      await target.whenAvailable(name, '?namespace=conform-dev')
      assert.equal((await target.send('POST', `/function/${name}.${dev.name}`)).text, 'dev\n')
      assert.equal((await target.send('POST', `/function/${name}`)).status, 404)
    })
  })

  it('3: a namespace that does not exist is 400', async () => {
    const spec = { service: 'conform', image: target.image, namespace: 'conform-none' }

    await target.expect(400, ['POST', '/system/functions', spec])
    await target.expect(400, ['GET', '/system/functions?namespace=conform-none'])
    await target.expect(400, ['GET', '/system/secrets?namespace=conform-none'])
    await target.expect(400, ['GET', '/system/functions?namespace=Not_A_Name'])
  })

  it('3, 18.1.3: system routes understand a suffix too', async () => {
    await target.withFunction({}, async (name) => {
      await target.expect(200, ['GET', `/system/function/${name}.openfaas-fn`])
      await target.expect(202, ['POST', `/system/scale-function/${name}.openfaas-fn`, { replicas: 1 }])
    })
  })
})

async function clear(target: Target): Promise<void> {
  await target.ask('DELETE', '/system/functions?namespace=conform-dev', { functionName: 'conform' })
  await target.ask('DELETE', '/system/secrets?namespace=conform-dev', { name: 'conform' })
  await target.ask('DELETE', PATH)
}
