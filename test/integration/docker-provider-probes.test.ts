import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { eventually } from '../fakes/eventually.ts'
import { FakeClock } from '../fakes/fake-clock.ts'
import { docker, plainImage } from '../fixtures/docker-cli.ts'
import { skipWithoutDocker } from '../fixtures/images.ts'
import { ask, ProviderBench } from '../fixtures/provider-bench.ts'

const READY = 'com.openfaas.ready.http.'
const HEALTH = 'com.openfaas.health.http.'
/** As quick as whole seconds allow. */
const QUICK = { periodSeconds: '1', failureThreshold: '1', timeoutSeconds: '5' }

describe('annotated probes on Docker', { skip: await skipWithoutDocker() }, () => {
  let bench: ProviderBench
  let image: string

  before(async () => {
    image = await plainImage(
      'probed',
      'CMD ["sh", "-c", "/bin/busybox touch /www/up /www/well; exec httpd -f -p 8080 -h /www"]',
    )
  })

  beforeEach(async () => {
    await bench?.end()
    bench = new ProviderBench('probes')
    await bench.provider.start([])
  })

  after(() => bench.end())

  /** Makes the replica answer 404 for this file of its own, or 200 again. */
  async function answer(id: string, verb: 'rm' | 'touch', file: string): Promise<void> {
    await docker('exec', id, '/bin/busybox', verb, `/www/${file}`)
  }

  it('12.2: annotated probes on Docker of readiness take a replica out of service, for longer than a start may take, and back', async () => {
    const annotations = under(READY, { path: '/up', ...QUICK })
    const fn = bench.fn('unready', { image, annotations, envVars: { startup_timeout: '3s' } })
    const { id } = await bench.deploy(fn)

    await answer(id, 'rm', 'up')
    await eventually(() => bench.ready(fn.spec.name).length === 0)
    await assert.rejects(
      bench.provider.whenReady(fn.spec.name, AbortSignal.timeout(5_000)),
      /not ready: it fails its readiness probe/,
    )
    await answer(id, 'touch', 'up')

    await eventually(() => bench.ready(fn.spec.name)[0]?.id === id)
  })

  it('12.2: annotated probes on Docker of health have a replica replaced, while readiness has nothing against it', async () => {
    const annotations = { ...under(READY, { path: '/up' }), ...under(HEALTH, { path: '/well', ...QUICK }) }
    const fn = bench.fn('unwell', { image, annotations })
    const { id } = await bench.deploy(fn)

    await answer(id, 'rm', 'well')
    await eventually(() => bench.ready(fn.spec.name).length === 0)
    const second = await bench.provider.whenReady(fn.spec.name, AbortSignal.timeout(20_000))

    assert.notEqual(second.id, id)
    assert.deepEqual(
      bench.log.named('replica failed').map(({ fields }) => fields['reason']),
      ['it failed its health probe: GET /well: answered with status 404; is the path right?'],
    )
  })

  it('12.2: annotated probes on Docker wait for the start of the container once: a restarted daemon finds it ready at once', async () => {
    const annotations = under(READY, { path: '/up', initialDelaySeconds: '4' })
    const fn = bench.fn('delayed', { image, annotations })
    bench.provider.apply(fn)
    await eventually(() => bench.provider.replicas(fn.spec.name).length === 1)
    const startMs = performance.now()
    const { id } = await bench.provider.whenReady(fn.spec.name, AbortSignal.timeout(20_000))
    const tookMs = performance.now() - startMs
    await bench.provider.stop()

    bench.provider = bench.another({ clock: new FakeClock(Date.now()) })
    await bench.provider.start([fn])
    const found = await bench.provider.whenReady(fn.spec.name, AbortSignal.timeout(20_000))

    assert.equal(found.id, id)
    assert.ok(tookMs > 2_500, `ready after ${tookMs} ms, before its delay`)
  })
})

describe('a function whose watchdog listens elsewhere on Docker', { skip: await skipWithoutDocker() }, () => {
  const bench = new ProviderBench('port')
  after(() => bench.end())

  it('a function whose watchdog has another port is ready there, and is called there after a restart, too', async () => {
    const image = await plainImage('cat', 'ENTRYPOINT []')
    await bench.provider.start([])
    const fn = bench.fn('elsewhere', { image, envProcess: 'cat', envVars: { port: '9000' } })
    const { id } = await bench.deploy(fn)
    await bench.provider.stop()

    bench.provider = bench.another()
    await bench.provider.start([fn])
    const found = await bench.provider.whenReady(fn.spec.name, AbortSignal.timeout(20_000))

    assert.deepEqual([found.id, found.port], [id, 9000])
    assert.equal(await ask(found, '/', 'hello'), 'hello')
  })
})

function under(prefix: string, fields: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).map(([field, text]) => [prefix + field, text]))
}
