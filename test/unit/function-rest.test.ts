import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import type { FunctionControl } from '../../src/control/function-control.ts'
import type { FunctionEvent } from '../../src/control/function-event.ts'
import { functionName } from '../../src/core/functions/function-name.ts'
import type { FunctionSpec } from '../../src/core/functions/function-spec.ts'
import { Database } from '../../src/registry/database.ts'
import { FunctionStore } from '../../src/registry/function-store.ts'
import { FakeProvider } from '../fakes/fake-provider.ts'
import { makeControl } from '../fakes/make-control.ts'
import { deployed } from '../fixtures/deployed.ts'

const figlet = functionName('figlet')

function spec(image: string): FunctionSpec {
  return deployed({ spec: { name: figlet, image } }).spec
}

let provider = new FakeProvider()
let store = new FunctionStore(Database.open(':memory:'))
let events: FunctionEvent[] = []

function controlWith(): FunctionControl {
  const control = makeControl({ provider, store })
  control.watch((event) => events.push(event))
  return control
}

function statesOf(of: FakeProvider): readonly string[] {
  return of.replicas(figlet).map(({ state }) => state)
}

beforeEach(() => {
  provider = new FakeProvider()
  store = new FunctionStore(Database.open(':memory:'))
  events = []
})

describe('FunctionControl and functions that rest', () => {
  it('lets a function rest, through an update, until a call wakes it', async () => {
    const control = controlWith()
    await control.deploy(spec('one'), '{}')
    control.rest(figlet)
    assert.equal(provider.applied.at(-1)?.isResting, true)
    await control.update(spec('two'), '{}')
    assert.equal(store.get(figlet)?.isResting, true)
    assert.deepEqual(statesOf(provider), ['frozen'])

    control.wake(figlet)

    assert.equal(store.get(figlet)?.isResting, undefined)
    assert.equal(provider.applied.at(-1)?.isResting, undefined)
    assert.deepEqual(statesOf(provider), ['ready'])
  })

  it('has the provider look again at replicas that had calls, when it is said again', async () => {
    const control = controlWith()
    await control.deploy(spec('one'), '{}')
    control.rest(figlet)
    const told = [provider.applied.length, events.length]

    control.rest(figlet)

    assert.deepEqual([provider.applied.length, events.length], [(told[0] ?? 0) + 1, told[1]])
    assert.equal(provider.applied.at(-1)?.isResting, true)
  })

  it('asks the provider for a replica at once whenever a call finds none, whatever is desired', async () => {
    const control = controlWith()
    await control.deploy(spec('one'), '{}')

    control.wake(figlet)

    assert.deepEqual(provider.woken, [figlet])
    assert.equal(provider.applied.length, 1)
  })

  it('wakes a frozen replica although the disk refuses the change of the desired state', async () => {
    const control = controlWith()
    await control.deploy(spec('one'), '{}')
    control.rest(figlet)
    store.setResting = () => {
      throw new Error('database or disk is full')
    }

    control.wake(figlet)

    assert.deepEqual(statesOf(provider), ['ready'])
  })

  it('ends the rest of a function that is scaled, to the count that it has, too', async () => {
    const control = controlWith()
    await control.deploy(spec('one'), '{}')
    control.rest(figlet)

    await control.scale(figlet, 1)

    assert.deepEqual(statesOf(provider), ['ready'])
    assert.equal(store.get(figlet)?.isResting, undefined)
  })

  it('follows a count that somebody else has set where the replicas run, without setting it there again', async () => {
    const control = controlWith()
    await control.deploy(spec('one'), '{}')
    const leave = provider.watch((event) => {
      if (event.kind === 'scaled') control.follow(event.fn, event.replicas)
    })

    provider.scaleElsewhere(figlet, 5)
    provider.scaleElsewhere(functionName('unknown'), 5)

    assert.equal(store.get(figlet)?.replicas, 5)
    assert.equal(provider.applied.length, 1)
    assert.equal(events.at(-1)?.fn.replicas, 5)
    leave()
  })

  it('tells of each change once, with the function as it is desired then, and no more after a listener has left', async () => {
    const control = controlWith()
    const told: string[] = []
    const leave = control.watch(({ kind, fn }) =>
      told.push(`${kind} ${fn.spec.image} ${fn.replicas} ${fn.isResting === true ? 'resting' : 'awake'}`),
    )
    await control.deploy(spec('one'), '{}')
    await control.update(spec('two'), '{}')
    await control.scale(figlet, 2)
    await control.scale(figlet, 2)
    control.rest(figlet)
    control.rest(figlet)
    control.wake(figlet)
    await control.remove(figlet)
    leave()
    await control.deploy(spec('three'), '{}')

    assert.deepEqual(told, [
      'known one 1 awake',
      'changed two 1 awake',
      'changed two 2 awake',
      'changed two 2 resting',
      'changed two 2 awake',
      'removed two 2 awake',
    ])
  })
})
