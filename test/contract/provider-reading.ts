import assert from 'node:assert/strict'
import { it } from 'node:test'
import { hasCode } from '../../src/core/errors.ts'
import { eventually } from '../fakes/eventually.ts'
import { isError, soon, type Stage, UNKNOWN } from './provider-stage.ts'

export function describeReading(stage: () => Stage): void {
  it('preparing answers the same artifact for the same image', async () => {
    const { subject, provider } = stage()
    const { spec } = subject.fn('prepared')
    const artifact = await provider.prepare(spec, soon())

    assert.notEqual(artifact, '')
    assert.equal(await provider.prepare(spec, soon()), artifact)
  })

  it('knows whether an artifact is still here', async () => {
    const { subject, provider } = stage()
    const artifact = await provider.prepare(subject.fn('kept').spec, soon())

    assert.equal(await provider.hasArtifact(artifact), true)
    assert.equal(await provider.hasArtifact(`sha256:${'0'.repeat(64)}`), false)
  })

  it('preparing an image that cannot be had is invalid, and names it', async () => {
    const { subject, provider } = stage()
    const { spec } = subject.fn('without-image', { image: 'missing' })

    await assert.rejects(
      provider.prepare(spec, soon()),
      (error: unknown) => hasCode(error, 'invalid') && String(error).includes(spec.image),
    )
  })

  it('preparing ends when its signal aborts, as cancelled', async () => {
    const { subject, provider } = stage()
    const { spec } = subject.fn('abandoned')

    await assert.rejects(provider.prepare(spec, AbortSignal.abort()), isError('cancelled'))
  })

  it('the condition of a function says whether it takes calls, by which revision, and else why not', async () => {
    const { subject, provider, deploy } = stage()
    const well = subject.fn('well')
    const { name, image } = well.spec
    await deploy(well)
    const silent = subject.fn('in-silence', { image: 'silent' })
    provider.apply(silent)
    await eventually(() => provider.replicas(silent.spec.name).length === 1, 20_000)

    const condition = provider.condition(name)
    const { revision } = well
    const serving = { revision, image }
    assert.deepEqual(condition, { state: 'ready', reason: '', lastWords: [], revision, serving })
    const starting = provider.condition(silent.spec.name)
    assert.deepEqual([starting?.state, starting?.serving], ['starting', null])
    assert.notEqual(starting?.reason, '')
    provider.apply({ ...well, replicas: 0 })
    assert.equal(provider.condition(name)?.state, 'sleeping')
    provider.remove(silent.spec.name)
    for (const gone of [silent.spec.name, UNKNOWN]) assert.equal(provider.condition(gone), null)
  })

  it('usage of a function without replicas is nothing', async () => {
    assert.deepEqual(await stage().provider.usage(UNKNOWN, soon()), { cpuMillicores: 0, memoryBytes: 0 })
  })

  it('the status says that the engine answers, and what it is', () => {
    const { reachable, version, reason } = stage().provider.status()

    assert.deepEqual({ reachable, reason }, { reachable: true, reason: '' })
    assert.notEqual(version, '')
  })

  it('a new value of a secret that no function has is no failure', () => {
    const { provider } = stage()

    assert.doesNotThrow(() => provider.refreshSecret({ namespace: 'openfaas-fn', name: 'nobody-has-it' }))
  })
}
