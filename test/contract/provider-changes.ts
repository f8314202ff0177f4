import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { FunctionName } from '../../src/core/functions/function-name.ts'
import type { ProviderEvent } from '../../src/core/provider/provider.ts'
import { eventually } from '../fakes/eventually.ts'
import { isError, ready, soon, type Stage } from './provider-stage.ts'

export function describeChanges(stage: () => Stage): void {
  it('applying the same function again changes nothing that runs', async () => {
    const { subject, provider, deploy } = stage()
    const fn = subject.fn('steady', { replicas: 2 })
    const name = await deploy(fn)
    const before = ready(provider, name)

    provider.apply(fn)
    await deploy({ ...fn, replicas: 3 })

    assert.deepEqual(
      before.filter(({ id }) => !ready(provider, name).some((now) => now.id === id)),
      [],
    )
  })

  it('scaling to zero lets all replicas go', async () => {
    const { subject, provider, deploy } = stage()
    const fn = subject.fn('idle', { replicas: 2 })
    const name = await deploy(fn)

    provider.apply({ ...fn, replicas: 0 })

    await eventually(() => provider.replicas(name).length === 0, 20_000)
  })

  it('a new revision takes the place of the old one', async () => {
    const { subject, provider, deploy } = stage()
    const name = await deploy(subject.fn('updated'))
    const next = subject.fn('updated')

    provider.apply(next)

    await eventually(
      () => provider.replicas(name).every(({ revision }) => revision === next.revision),
      20_000,
    )
    assert.equal(ready(provider, name).length, 1)
  })

  it('a removed function is out of service when the removal returns, and its name is free', async () => {
    const { subject, provider, deploy } = stage()
    const name = await deploy(subject.fn('removed'))

    provider.remove(name)

    assert.deepEqual(ready(provider, name), [])
    await assert.rejects(provider.whenReady(name, soon()), isError('not-found'))
    const again = subject.fn('removed')
    provider.apply(again)
    assert.equal((await provider.whenReady(name, soon())).revision, again.revision)
  })

  it('a function is never served by what was being made for a removed one of its name', async () => {
    const { subject, provider } = stage()
    const removed = subject.fn('reborn')
    const { name } = removed.spec
    const artifact = await provider.prepare(removed.spec, soon())
    const next = { ...subject.fn('reborn'), artifact, createdAtMs: removed.createdAtMs + 1_000 }
    const served = new Set<number>()
    provider.apply({ ...removed, artifact })
    provider.remove(name)
    const leave = provider.watch((event) => {
      if (event.kind === 'ready' && event.fn === name)
        for (const { revision } of event.ready) served.add(revision)
    })

    provider.apply(next)
    await provider.whenReady(name, soon())
    await eventually(
      () => provider.replicas(name).every(({ revision }) => revision === next.revision),
      20_000,
    )

    leave()
    assert.deepEqual([...served], [next.revision])
  })

  it('a listener is told the whole list of callable replicas on each change, until it leaves', async () => {
    const { subject, provider, deploy } = stage()
    const told: ProviderEvent[] = []
    const leave = provider.watch((event) => told.push(event))
    const of = (name: FunctionName) =>
      told.flatMap((one) => (one.kind === 'ready' && one.fn === name ? [one.ready] : []))

    const name = await deploy(subject.fn('watched', { replicas: 2 }))
    assert.deepEqual(of(name).at(-1), ready(provider, name))
    provider.remove(name)
    assert.deepEqual(of(name).at(-1), [])

    leave()
    const seen = told.length
    await deploy(subject.fn('unwatched'))
    assert.equal(told.length, seen)
  })

  it('what is desired at the start is made so', async () => {
    const { subject } = stage()
    const other = subject.another()
    const fn = subject.fn('from-the-start')
    try {
      await other.start([fn])

      assert.equal((await other.whenReady(fn.spec.name, soon())).revision, fn.revision)
    } finally {
      await other.stop()
    }
  })

  it('a stop ends what waits, as unavailable, and may come twice', async () => {
    const { subject } = stage()
    const other = subject.another()
    const fn = subject.fn('left-waiting', { replicas: 0 })
    await other.start([fn])
    const refused = assert.rejects(other.whenReady(fn.spec.name, soon()), isError('unavailable'))

    await Promise.all([other.stop(), other.stop()])

    await refused
  })
}
