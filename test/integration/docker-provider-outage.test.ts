import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, describe, it } from 'node:test'
import { hasCode } from '../../src/core/errors.ts'
import { eventually } from '../fakes/eventually.ts'
import { HTTPD, plainImage } from '../fixtures/docker-cli.ts'
import { skipWithoutDocker } from '../fixtures/images.ts'
import { ask, ProviderBench } from '../fixtures/provider-bench.ts'
import { SecondDockerd, secondDockerdSkip } from '../fixtures/second-dockerd.ts'
import { SocketProxy } from '../fixtures/socket-proxy.ts'

const skip = (await skipWithoutDocker()) || (await secondDockerdSkip())

describe('the Docker provider without its engine', { skip }, () => {
  let engine: SecondDockerd
  let bench: ProviderBench
  let image: string
  let bridge: string | null

  before(async () => {
    bridge = await defaultBridge()
    image = await plainImage('httpd', HTTPD)
    engine = await SecondDockerd.make()
    await engine.start()
    await engine.take(image)
    bench = new ProviderBench('outage', engine.host)
  })

  after(async () => {
    await bench.end()
    await engine.end()
  })

  it('the engine of this test leaves the default bridge of the shared one as it is', async () => {
    assert.equal(await defaultBridge(), bridge)
  })

  it('starts, says what is wrong, and works once it is there', async () => {
    await engine.stop()
    const fn = bench.fn('patient', { image })

    await bench.provider.start([fn])
    assert.equal(bench.provider.status().reachable, false)
    await assert.rejects(
      bench.provider.whenReady(fn.spec.name, AbortSignal.timeout(100)),
      (error: unknown) => hasCode(error, 'unavailable') && /Docker is not reachable/.test(String(error)),
    )
    await assert.rejects(bench.provider.prepare(fn.spec, AbortSignal.timeout(5_000)), (error: unknown) =>
      hasCode(error, 'unavailable'),
    )
    await engine.start()

    const replica = await bench.provider.whenReady(fn.spec.name, AbortSignal.timeout(20_000))
    assert.match(await ask(replica), /404/)
    assert.deepEqual(bench.provider.status(), { ...bench.provider.status(), reachable: true, reason: '' })
  })

  it('lives through a restart that takes its containers, without counting them as crashed (F3t)', async () => {
    const fn = bench.fn('restarted', { image })
    const first = await bench.deploy(fn)

    await engine.stop()
    await eventually(() => !bench.provider.status().reachable)
    await engine.start()
    const startMs = performance.now()
    await eventually(() => bench.ready(first.fn).some(({ id }) => id !== first.id), 20_000)

    assert.ok(performance.now() - startMs < 10_000)
    await eventually(() => bench.provider.replicas(first.fn).length === 1)
    bench.provider.remove(first.fn)
  })

  it('keeps serving with containers that outlive it', async () => {
    await engine.stop()
    await engine.start(true)
    const first = await bench.deploy(bench.fn('outlives', { image }))

    await engine.stop()
    await eventually(() => !bench.provider.status().reachable)
    const [during] = bench.ready(first.fn)
    assert.equal(during?.id, first.id)
    assert.match(await ask(first), /404/)
    bench.provider.suspect(first, 'refused')
    await eventually(() => bench.ready(first.fn).length === 1)
    await engine.start(true)

    await eventually(() => bench.provider.status().reachable, 20_000)
    assert.deepEqual(
      bench.ready(first.fn).map(({ id }) => id),
      [first.id],
    )
    bench.provider.remove(first.fn)
    await eventually(() => bench.provider.replicas(first.fn).length === 0)
  })

  it('takes orders while it is away and carries them out afterwards', async () => {
    const removed = await bench.deploy(bench.fn('removed-away', { image }))
    await engine.stop()
    await eventually(() => !bench.provider.status().reachable)

    bench.provider.remove(removed.fn)
    const added = bench.fn('added-away', { image })
    bench.provider.apply(added)
    await engine.start()
    await bench.provider.whenReady(added.spec.name, AbortSignal.timeout(20_000))

    await eventually(() => bench.provider.replicas(removed.fn).length === 0, 20_000)
  })
})

describe('the Docker provider with a hung engine', { skip }, () => {
  it('neither hangs itself nor stops serving, and recovers', async () => {
    await using proxy = await SocketProxy.start()
    const bench = new ProviderBench('hang', `unix://${proxy.path}`)
    try {
      await bench.provider.start([])
      const image = await plainImage('httpd', HTTPD)
      const replica = await bench.deploy(bench.fn('hung', { image }))

      proxy.hang()
      const fn = bench.fn('late', { image })
      await assert.rejects(
        bench.provider.prepare(fn.spec, AbortSignal.timeout(30_000)),
        /no answer within 10 s/,
      )
      assert.equal(bench.ready(replica.fn).length, 1)
      bench.provider.apply(fn)
      await eventually(() => !bench.provider.status().reachable, 30_000)
      assert.match(bench.provider.status().reason, /no answer/)

      proxy.recover()
      await bench.provider.whenReady(fn.spec.name, AbortSignal.timeout(20_000))

      proxy.hang()
      const startMs = performance.now()
      await bench.provider.stop()
      assert.ok(performance.now() - startMs < 7_000)
    } finally {
      proxy.recover()
      await bench.end()
    }
  })
})

/** The number of the interface `docker0`, which is another one when it was made anew; null where there is none. */
function defaultBridge(): Promise<string | null> {
  return readFile('/sys/class/net/docker0/ifindex', 'utf8').catch(() => null)
}
