import assert from 'node:assert/strict'
import { it } from 'node:test'
import { eventually } from '../fakes/eventually.ts'
import { isError, ready, soon, type Stage, UNKNOWN } from './provider-stage.ts'

export function describeReadiness(stage: () => Stage): void {
  it('a function that was applied gets a replica that can be called', async () => {
    const { subject, provider } = stage()
    const fn = subject.fn('applied')
    provider.apply(fn)

    const replica = await provider.whenReady(fn.spec.name, soon())

    const { fn: name, revision, state } = replica
    assert.deepEqual({ name, revision, state }, { name: fn.spec.name, revision: fn.revision, state: 'ready' })
    assert.deepEqual(provider.replicas(fn.spec.name), [replica])
  })

  it('waiting for an unknown function is refused at once, as not found', async () => {
    const { provider } = stage()

    await assert.rejects(provider.whenReady(UNKNOWN, new AbortController().signal), isError('not-found'))
    await assert.rejects(provider.whenReady(UNKNOWN, AbortSignal.abort()), isError('not-found'))
    assert.deepEqual(provider.replicas(UNKNOWN), [])
  })

  it('waiting for a replica that does not get ready ends with the signal, as unavailable', async () => {
    const { subject, provider } = stage()
    const fn = subject.fn('silent', { image: 'silent' })
    provider.apply(fn)

    await assert.rejects(provider.whenReady(fn.spec.name, AbortSignal.abort()), isError('unavailable'))
    await eventually(() => provider.replicas(fn.spec.name).length === 1, 20_000)
    await assert.rejects(provider.whenReady(fn.spec.name, AbortSignal.timeout(50)), isError('unavailable'))
    assert.deepEqual(ready(provider, fn.spec.name), [])
    provider.remove(fn.spec.name)
  })

  it('waiting for a function at zero ends when it is scaled up', async () => {
    const { subject, provider } = stage()
    const fn = subject.fn('asleep', { replicas: 0 })
    provider.apply(fn)
    const waiting = provider.whenReady(fn.spec.name, soon())

    provider.apply({ ...fn, replicas: 1 })

    assert.equal((await waiting).fn, fn.spec.name)
  })

  it('waiting for a function that is removed meanwhile ends at once, as not found', async () => {
    const { subject, provider } = stage()
    const fn = subject.fn('withdrawn', { replicas: 0 })
    provider.apply(fn)
    const refused = assert.rejects(provider.whenReady(fn.spec.name, soon()), isError('not-found'))

    provider.remove(fn.spec.name)

    await refused
  })

  it('a suspected replica that answers its probe is called again, and is the same one', async () => {
    const { subject, provider, deploy } = stage()
    const name = await deploy(subject.fn('suspected'))
    const [replica] = ready(provider, name)
    assert.ok(replica)

    provider.suspect(replica, 'refused')
    subject.answerProbes(name)

    assert.equal((await provider.whenReady(name, soon())).id, replica.id)
  })
}
