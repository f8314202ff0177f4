import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { FunctionName } from '../../src/core/functions/function-name.ts'
import type { Provider } from '../../src/core/provider/provider.ts'
import { isAvailable } from '../../src/core/provider/replica.ts'
import { eventually } from '../fakes/eventually.ts'
import { ready, soon, type Stage, UNKNOWN } from './provider-stage.ts'

export function describeRest(stage: () => Stage): void {
  it('replicas of a resting function freeze, count as before, and are the same ones when it rests no longer', async () => {
    const { subject, provider, deploy } = stage()
    const fn = subject.fn('resting', { replicas: 2 })
    const name = await deploy(fn)
    const before = ids(provider, name)

    provider.apply({ ...fn, isResting: true })
    await allFrozen(provider, name)

    assert.deepEqual(ids(provider, name), before)
    assert.equal(provider.replicas(name).filter(isAvailable).length, 2)
    assert.equal(provider.condition(name)?.state, 'ready')
    provider.apply(fn)
    await eventually(() => ready(provider, name).length === 2, 20_000)
    assert.deepEqual(ids(provider, name), before)
  })

  it('a wake-up makes a frozen replica callable, the same one, and it stays awake until it is to rest again', async () => {
    const { subject, provider, deploy } = stage()
    const fn = subject.fn('woken')
    const name = await deploy(fn)
    const before = ids(provider, name)
    provider.apply({ ...fn, isResting: true })
    await allFrozen(provider, name)

    provider.wake(name)

    assert.equal((await provider.whenReady(name, soon())).id, before[0])
    const { freezes, thaws } = provider.rests(name)
    assert.deepEqual([freezes, thaws], [1, 1])
    provider.apply({ ...fn, isResting: true })
    await allFrozen(provider, name)
  })

  it('a wake-up of what is awake, at zero or unknown changes nothing', async () => {
    const { subject, provider, deploy } = stage()
    const name = await deploy(subject.fn('awake'))
    const asleep = subject.fn('at-zero', { replicas: 0 })
    provider.apply(asleep)
    const before = provider.replicas(name)

    for (const one of [name, asleep.spec.name, UNKNOWN]) provider.wake(one)

    assert.deepEqual(provider.replicas(name), before)
    assert.deepEqual(provider.replicas(asleep.spec.name), [])
    assert.equal(provider.condition(UNKNOWN), null)
  })

  it('an update of a resting function ends, and its new replica rests', async () => {
    const { subject, provider, deploy } = stage()
    const first = subject.fn('updated-asleep')
    const name = await deploy(first)
    provider.apply({ ...first, isResting: true })
    await allFrozen(provider, name)
    const next = subject.fn('updated-asleep')

    provider.apply({ ...next, isResting: true })

    await eventually(
      () =>
        provider
          .replicas(name)
          .every(({ revision, state }) => revision === next.revision && state === 'frozen'),
      20_000,
    )
    assert.equal(provider.replicas(name).length, 1)
    provider.wake(name)
    assert.equal((await provider.whenReady(name, soon())).revision, next.revision)
  })

  it('a resting function can be removed', async () => {
    const { subject, provider, deploy } = stage()
    const fn = subject.fn('removed-asleep')
    const name = await deploy(fn)
    provider.apply({ ...fn, isResting: true })
    await allFrozen(provider, name)

    provider.remove(name)

    await eventually(() => provider.replicas(name).length === 0, 20_000)
  })
}

function ids(provider: Provider, name: FunctionName): readonly string[] {
  return provider
    .replicas(name)
    .map(({ id }) => id)
    .toSorted()
}

function allFrozen(provider: Provider, name: FunctionName): Promise<void> {
  return eventually(() => provider.replicas(name).every(({ state }) => state === 'frozen'), 20_000)
}
