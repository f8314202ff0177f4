import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { eventually } from '../fakes/eventually.ts'
import { FakeClock } from '../fakes/fake-clock.ts'
import { containersOf, docker, HTTPD, plainImage } from '../fixtures/docker-cli.ts'
import { skipWithoutDocker } from '../fixtures/images.ts'
import { ask, ProviderBench } from '../fixtures/provider-bench.ts'

describe('the Docker provider converges', { skip: await skipWithoutDocker() }, () => {
  let bench: ProviderBench
  let httpd: string

  before(async () => {
    httpd = await plainImage('httpd', HTTPD)
  })

  beforeEach(async () => {
    await bench?.end()
    bench = new ProviderBench('converge')
    await bench.provider.start([])
  })

  after(() => bench.end())

  it('adopts what runs, as the same containers, without waiting for anything', async () => {
    const fn = bench.fn('adopted', { image: httpd }, 3)
    await bench.deploy(fn)
    await eventually(() => bench.ready(fn.spec.name).length === 3)
    const before = await containersOf(bench.instance)
    await bench.provider.stop()

    const still = bench.another({ clock: new FakeClock(Date.now()) })
    await still.start([fn])
    await eventually(() => still.replicas(fn.spec.name).filter(({ state }) => state === 'ready').length === 3)
    await still.stop()

    assert.deepEqual((await containersOf(bench.instance)).toSorted(), before.toSorted())
    bench.provider = bench.another()
    await bench.provider.start([fn])
    await eventually(() => bench.ready(fn.spec.name).length === 3)
  })

  it('the Docker provider converges from a container removed by hand (F7t)', async () => {
    const first = await bench.deploy(bench.fn('removed', { image: httpd }))

    await docker('rm', '-f', first.id)
    await eventually(() => bench.ready(first.fn).length === 0)
    const second = await bench.provider.whenReady(first.fn, AbortSignal.timeout(10_000))

    assert.notEqual(second.id, first.id)
  })

  it('the Docker provider converges from a container that was killed', async () => {
    const first = await bench.deploy(bench.fn('killed', { image: httpd }))

    await docker('kill', first.id)
    // Its successor may be ready before the client of Docker is back.
    await eventually(() => bench.ready(first.fn).some(({ id }) => id !== first.id))

    await eventually(async () => (await containersOf(bench.instance)).length === 1)
    assert.equal(bench.log.named('replica exited')[0]?.fields['exitCode'], 137)
  })

  it('the Docker provider converges from containers that were started, half created and left dead behind its back', async () => {
    const fn = bench.fn('mixed', { image: httpd })
    const replica = await bench.deploy(fn)
    const labels = JSON.parse(await docker('inspect', '-f', '{{json .Config.Labels}}', replica.id)) as object
    const label = Object.entries(labels).flatMap(([key, value]) => ['--label', `${key}=${value}`])
    await bench.provider.stop()
    const network = `--network=sampan-${bench.instance}_openfaas-fn`
    await docker('run', '-d', network, ...label, httpd)
    await docker('create', network, ...label, httpd)
    await docker('run', network, ...label, httpd, 'true')
    assert.equal((await containersOf(bench.instance)).length, 4)

    bench.provider = bench.another()
    await bench.provider.start([fn])

    await eventually(async () => (await containersOf(bench.instance)).length === 1, 20_000)
    await eventually(() => bench.ready(fn.spec.name).length === 1)
  })

  it('a call that comes before the Docker provider has started waits for it, and is not told that there is no function', async () => {
    const fn = bench.fn('early', { image: httpd })
    const before = await bench.deploy(fn)
    await bench.provider.stop()
    bench.provider = bench.another()

    const found = bench.provider.whenReady(fn.spec.name, AbortSignal.timeout(20_000))
    const given = bench.provider.whenReady(fn.spec.name, AbortSignal.abort())
    await assert.rejects(given, {
      code: 'unavailable',
      message: /early.*is not ready: the daemon has not started yet$/,
    })
    await bench.provider.start([fn])

    assert.equal((await found).id, before.id)
  })

  it('the Docker provider converges from functions that were removed, and updated, while it was away', async () => {
    const [gone, outdated] = [bench.fn('gone', { image: httpd }), bench.fn('outdated', { image: httpd })]
    await bench.deploy(gone)
    const old = await bench.deploy(outdated)
    await bench.provider.stop()

    bench.provider = bench.another()
    const update = bench.fn('outdated', { image: httpd })
    const seen = bench.events.length
    await bench.provider.start([update])
    const next = await bench.deploy(update)

    await eventually(async () => (await containersOf(bench.instance)).join() === next.id, 20_000)
    const first = bench.events.slice(seen).find((event) => event.kind === 'ready' && event.fn === old.fn)
    assert.equal(first?.kind === 'ready' && first.ready[0]?.id, old.id)
  })

  it('the Docker provider converges and leaves the containers of another instance alone', async () => {
    const other = bench.another({ instance: `${bench.instance}-other` })
    const theirs = bench.fn('same-name', { image: httpd })
    await other.start([theirs])
    const replica = await other.whenReady(theirs.spec.name, AbortSignal.timeout(20_000))

    await bench.deploy(bench.fn('same-name', { image: httpd }))
    bench.provider.remove(theirs.spec.name)
    await eventually(async () => (await containersOf(bench.instance)).length === 0)

    assert.match(await ask(replica), /404/)
    await other.stop()
  })

  it('takes a suspected replica out of service until it has proved itself', async () => {
    const replica = await bench.deploy(bench.fn('suspect', { image: httpd }))

    bench.provider.suspect(replica, 'refused')
    assert.deepEqual(bench.ready(replica.fn), [])
    const again = await bench.provider.whenReady(replica.fn, AbortSignal.timeout(2_000))

    assert.equal(again.id, replica.id)
  })

  it('takes a paused replica out of service until it goes on', async () => {
    const replica = await bench.deploy(bench.fn('paused', { image: httpd }))

    await docker('pause', replica.id)
    await eventually(() => bench.ready(replica.fn).length === 0)
    await docker('unpause', replica.id)

    await eventually(() => bench.ready(replica.fn)[0]?.id === replica.id)
  })

  it('replaces a replica that runs but is not ready in time', async () => {
    const image = await plainImage('mute', 'CMD ["sleep", "1000"]')
    const fn = bench.fn('mute', { image, envVars: { startup_timeout: '500ms' } })

    bench.provider.apply(fn)
    await eventually(() => bench.provider.replicas(fn.spec.name).length === 1)
    const [first] = bench.provider.replicas(fn.spec.name)

    await eventually(async () => !(await containersOf(bench.instance)).includes(String(first?.id)))
    await eventually(() => bench.provider.replicas(fn.spec.name).some(({ id }) => id !== first?.id))
    await assert.rejects(bench.provider.whenReady(fn.spec.name, AbortSignal.timeout(20)), /not ready within/)
  })
})
