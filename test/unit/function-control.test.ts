import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import { systemClock, type Clock } from '../../src/clock.ts'
import type { FunctionControl } from '../../src/control/function-control.ts'
import { FaasError } from '../../src/core/errors.ts'
import { functionName, type FunctionName } from '../../src/core/functions/function-name.ts'
import type { FunctionSpec } from '../../src/core/functions/function-spec.ts'
import { Database } from '../../src/registry/database.ts'
import { FunctionStore } from '../../src/registry/function-store.ts'
import { type ControlParts, makeControl } from '../fakes/make-control.ts'
import { FakeProvider } from '../fakes/fake-provider.ts'

const figlet = functionName('figlet')

function spec(image: string, labels: Record<string, string> = {}): FunctionSpec {
  return {
    name: figlet,
    image,
    envProcess: '',
    envVars: {},
    constraints: [],
    secrets: [],
    labels,
    annotations: {},
    readOnlyRootFilesystem: false,
  }
}

/** A clock on which a deploy's patience is over at once. */
const impatient: Clock = {
  ...systemClock,
  timeout: (ms) => (ms < 60_000 ? AbortSignal.abort() : new AbortController().signal),
}

class SlowProvider extends FakeProvider {
  arrive: (artifact: string) => void = () => undefined
  readonly #image = new Promise<string>((resolve) => (this.arrive = resolve))

  override async prepare(wanted: FunctionSpec, signal: AbortSignal): Promise<string> {
    if (signal.aborted) throw new FaasError('unavailable', `${wanted.image} is not here yet`)
    return this.#image
  }
}

let provider = new FakeProvider()
let store = new FunctionStore(Database.open(':memory:'))
let known: FunctionName[] = []

/** On the store and the provider of this test. */
function controlWith(more: Partial<ControlParts> = {}): FunctionControl {
  const control = makeControl({ provider, store, ...more })
  control.watch(({ kind, fn }) => {
    const { name } = fn.spec
    if (kind === 'known') known.push(name)
    if (kind === 'removed') known = known.filter((one) => one !== name)
  })
  return control
}

beforeEach(() => {
  provider = new FakeProvider()
  store = new FunctionStore(Database.open(':memory:'))
  known = []
})

describe('FunctionControl', () => {
  it('stores a deploy, pinned to its image, and hands it to the provider', async () => {
    await controlWith().deploy(spec('one', { 'com.openfaas.scale.min': '2' }), '{}')

    assert.equal(store.get(figlet)?.artifact, 'sha256:one')
    assert.equal(provider.replicas(figlet).length, 2)
    assert.deepEqual(known, [figlet])
  })

  it('changes nothing when the image does not exist', async () => {
    const control = controlWith()
    await control.deploy(spec('one'), '{}')
    provider.missingImages.add('nowhere')

    await assert.rejects(control.update(spec('nowhere'), '{}'), { code: 'invalid' })
    assert.equal(store.get(figlet)?.spec.image, 'one')
    assert.equal(provider.applied.length, 1)
  })

  it('lets one of two deploys of the same name win, and tells the other', async () => {
    const control = controlWith()
    const results = await Promise.allSettled([
      control.deploy(spec('one'), '{}'),
      control.deploy(spec('two'), '{}'),
    ])

    assert.deepEqual(results.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
    assert.equal(provider.applied.length, 1)
  })

  it('names the function that is not there, or the namespace when that is missing too', async () => {
    const control = controlWith()
    await control.deploy(spec('one'), '{}')
    const elsewhere = functionName('figlet', 'nowhere')

    assert.equal(control.find(figlet), store.get(figlet))
    assert.throws(() => control.find(functionName('other')), {
      code: 'not-found',
      message: 'function other.openfaas-fn does not exist',
    })
    assert.throws(() => control.find(elsewhere), {
      code: 'invalid',
      message: 'namespace: "nowhere" does not exist',
    })
    assert.throws(() => control.existing(elsewhere), { code: 'not-found' })
  })

  it('names the namespace or the secret that a deploy asks for in vain', async () => {
    const control = controlWith()
    const elsewhere = { ...spec('one'), name: functionName('figlet', 'elsewhere') }

    await assert.rejects(control.deploy(elsewhere, '{}'), {
      code: 'invalid',
      message: /namespace: "elsewhere"/,
    })
    await assert.rejects(control.deploy({ ...spec('one'), secrets: ['token', 'nope'] }, '{}'), {
      code: 'invalid',
      message: /secrets: "nope"/,
    })
    assert.equal(store.get(figlet), undefined)
  })

  it('looks again at namespace and secrets when the image has come', async () => {
    const secrets = new Set(['token'])
    const slow = new SlowProvider()
    const control = controlWith({
      provider: slow,
      missingSecret: (names) => names.find((name) => !secrets.has(name)),
    })
    const deploying = control.deploy({ ...spec('big'), secrets: ['token'] }, '{}')
    secrets.delete('token')
    slow.arrive('sha256:big')

    await assert.rejects(deploying, { code: 'invalid', message: /secrets: "token"/ })
    assert.equal(store.get(figlet), undefined)
  })

  it('18.1.15: control accepts a deploy whose image takes too long, and pins it when it has come', async () => {
    const slow = new SlowProvider()
    const control = controlWith({ provider: slow, clock: impatient })
    await control.deploy(spec('big'), '{}')
    assert.equal(store.get(figlet)?.artifact, null)

    slow.arrive('sha256:big')
    await new Promise((resolve) => setImmediate(resolve))

    assert.equal(store.get(figlet)?.artifact, 'sha256:big')
    assert.equal(slow.applied.at(-1)?.artifact, 'sha256:big')
  })

  it('sees an accepted deploy through after a restart', async () => {
    store.insert({ spec: spec('big'), body: '{}', replicas: 1, artifact: null, nowMs: 1 })
    controlWith().start()
    await new Promise((resolve) => setImmediate(resolve))

    assert.equal(store.get(figlet)?.artifact, 'sha256:big')
  })

  it('keeps the count over an update, even one that was changed while the image was fetched', async () => {
    const control = controlWith()
    await control.deploy(spec('one'), '{}')
    const updating = control.update(spec('two'), '{}')
    await control.scale(figlet, 4)
    await updating

    assert.equal(store.get(figlet)?.replicas, 4)
  })

  it('FunctionControl does not bring back a function that was removed while its update was under way', async () => {
    const control = controlWith()
    await control.deploy(spec('one'), '{}')
    const updating = control.update(spec('two'), '{}')
    await control.remove(figlet)

    await assert.rejects(updating, { code: 'not-found' })
    assert.deepEqual(known, [])
    assert.equal(provider.replicas(figlet).length, 0)
  })

  it('scales to zero and wakes to the least count, once', async () => {
    const control = controlWith()
    await control.deploy(spec('one', { 'com.openfaas.scale.min': '3' }), '{}')

    assert.equal(await control.scale(figlet, 0), 0)
    control.wake(figlet)
    control.wake(figlet)

    assert.equal(store.get(figlet)?.replicas, 3)
    assert.equal(provider.applied.length, 3)
  })

  it('caps a scale request at the label and answers what was set', async () => {
    const control = controlWith()
    await control.deploy(spec('one', { 'com.openfaas.scale.max': '2' }), '{}')

    assert.equal(await control.scale(figlet, 50), 2)
  })

  it('FunctionControl does not wake what does not exist', () => {
    controlWith().wake(figlet)

    assert.equal(provider.applied.length, 0)
    assert.deepEqual(provider.woken, [])
  })
})
