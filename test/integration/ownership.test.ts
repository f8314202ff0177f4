import assert from 'node:assert/strict'
import { afterEach, before, beforeEach, describe, it } from 'node:test'
import { eventually } from '../fakes/eventually.ts'
import { containersOf, docker, dockerSkip, HTTPD, plainImage, sweepInstance } from '../fixtures/docker-cli.ts'
import { owningRegistry } from '../fixtures/owning-registry.ts'
import { ProviderBench } from '../fixtures/provider-bench.ts'

describe('containers of another registry, or of an earlier release', { skip: await dockerSkip() }, () => {
  let image: string
  let bench: ProviderBench
  before(async () => {
    image = await plainImage('ownership', HTTPD)
  })
  beforeEach(() => {
    bench = new ProviderBench('owner')
  })
  afterEach(() => bench.end())

  /** A daemon with this registry runs a function and stops. */
  const leaveBehind = async (registry = owningRegistry('c')) => {
    bench.provider = bench.another({ registry })
    const fn = bench.fn('left', { image })
    await bench.provider.start([])
    const replica = await bench.deploy(fn)
    await bench.provider.stop()
    return { fn, replica }
  }

  it('are left as they are, and the daemon does nothing here until they are gone', async () => {
    const { replica } = await leaveBehind()
    bench.provider = bench.another()
    const mine = bench.fn('mine', { image })

    await assert.rejects(bench.provider.start([mine]), { code: 'conflict', message: /nothing was touched/ })

    assert.deepEqual(await containersOf(bench.instance), [replica.id])
    assert.match(bench.provider.status().reason, /created for another registry/)
    // As when the engine was away at the start, and the daemon finds them later.
    await sweepInstance(bench.instance)
    await eventually(() => bench.provider.status().reachable, 20_000, 'the way is free')
    await bench.deploy(mine)
  })

  it('containers without an id serve on under the registry that made them before there were ids', async () => {
    const nameless = { ...owningRegistry('c'), id: '' }
    const { fn, replica } = await leaveBehind(nameless)
    const registry = owningRegistry('d')
    registry.takeOver('')
    bench.provider = bench.another({ registry })

    await bench.provider.start([fn])

    const adopted = await bench.provider.whenReady(fn.spec.name, AbortSignal.timeout(20_000))
    assert.equal(adopted.id, replica.id)
    assert.deepEqual(await containersOf(bench.instance), [replica.id])
  })

  it('serve on when they are taken over by a registry that knows their function, as an older copy does', async () => {
    const { fn, replica } = await leaveBehind()
    bench.provider = bench.another({ takeOver: ['c'.repeat(32)] })

    await bench.provider.start([fn])

    const adopted = await bench.provider.whenReady(fn.spec.name, AbortSignal.timeout(20_000))
    assert.equal(adopted.id, replica.id)
    const network = await docker(
      'network',
      'ls',
      '-q',
      '--filter',
      `label=com.sampan.instance=${bench.instance}`,
    )
    assert.equal(network.split('\n').length, 1)
  })
})
