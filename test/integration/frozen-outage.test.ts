import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { FunctionName } from '../../src/core/functions/function-name.ts'
import { eventually } from '../fakes/eventually.ts'
import { plainImage } from '../fixtures/docker-cli.ts'
import { FREEZE_WAYS } from '../fixtures/freeze-ways.ts'
import { skipWithoutDocker } from '../fixtures/images.ts'
import { ask, ProviderBench } from '../fixtures/provider-bench.ts'
import { SecondDockerd, secondDockerdSkip } from '../fixtures/second-dockerd.ts'

const byFiles = FREEZE_WAYS.find(({ method, skip }) => method !== 'docker-pause' && skip === false)
const skip =
  (await skipWithoutDocker()) ||
  (await secondDockerdSkip()) ||
  (byFiles === undefined && 'no freezer of cgroups: what an engine does to the frozen was NOT tested')

describe('replicas frozen by cgroups, and the engine that does not know', { skip }, () => {
  let engine: SecondDockerd
  let bench: ProviderBench
  let image: string

  before(async () => {
    const says = `trap 'echo told to end; exit 0' TERM; httpd -p 8080 -h /www; while :; do sleep 0.1; done`
    image = await plainImage('farewell', `CMD ${JSON.stringify(['sh', '-c', says])}`)
    engine = await SecondDockerd.make()
    await engine.start(true)
    await engine.take(image)
    bench = new ProviderBench('frozen-outage', engine.host, byFiles?.settings)
    await bench.provider.start([])
  })
  after(async () => {
    await bench.end()
    await engine.end()
  })

  const soon = (): AbortSignal => AbortSignal.timeout(20_000)
  const isFrozen = async (id: string): Promise<boolean> => (await byFiles?.isFrozen(id)) === true

  async function frozen(fn: ReturnType<ProviderBench['fn']>): Promise<string> {
    const { id } = await bench.deploy(fn)
    bench.provider.apply({ ...fn, isResting: true })
    await eventually(() => isFrozen(id))
    return id
  }

  async function said(name: FunctionName): Promise<readonly string[]> {
    const lines: string[] = []
    for await (const batch of bench.logs.read({ fn: name, follow: false }, soon()))
      lines.push(...batch.map(({ text }) => text))
    return lines
  }

  it('are thawed and answer while the engine is away', async () => {
    const fn = bench.fn('thawed-alone', { image })
    const id = await frozen(fn)
    await engine.stop()
    await eventually(() => !bench.provider.status().reachable)
    assert.equal(await isFrozen(id), true)

    bench.provider.wake(fn.spec.name)
    const replica = await bench.provider.whenReady(fn.spec.name, soon())

    assert.equal(replica.id, id)
    assert.match(await ask(replica), /404/)
    await engine.start(true)
    await eventually(() => bench.provider.status().reachable, 20_000)
    bench.provider.remove(fn.spec.name)
  })

  it('are frozen still for an engine that comes back, and for a daemon that does, too', async () => {
    const fn = bench.fn('over-both', { image })
    const id = await frozen(fn)
    await engine.stop()
    await eventually(() => !bench.provider.status().reachable)
    await engine.start(true)
    await eventually(() => bench.provider.status().reachable, 20_000)
    assert.equal(bench.provider.replicas(fn.spec.name)[0]?.state, 'frozen')
    await bench.provider.stop()

    bench.provider = bench.another()
    await bench.provider.start([{ ...fn, isResting: true }])
    assert.deepEqual([bench.provider.replicas(fn.spec.name)[0]?.state, await isFrozen(id)], ['frozen', true])
    bench.provider.wake(fn.spec.name)

    assert.equal((await bench.provider.whenReady(fn.spec.name, soon())).id, id)
    bench.provider.remove(fn.spec.name)
  })

  it('hear it when the engine stops them because it stops itself', async () => {
    await engine.stop()
    await engine.start()
    await eventually(() => bench.provider.status().reachable, 20_000)
    const fn = bench.fn('told-by-the-engine', { image })
    await frozen(fn)

    await engine.stop()
    await engine.start()

    // It would have been killed without a word if nobody had thawed it.
    await eventually(async () => (await said(fn.spec.name)).includes('told to end'), 20_000)
  })
})
