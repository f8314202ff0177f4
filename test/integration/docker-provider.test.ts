import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { hasCode } from '../../src/core/errors.ts'
import { functionName } from '../../src/core/functions/function-name.ts'
import { eventually } from '../fakes/eventually.ts'
import { containersOf, docker, HTTPD, plainImage } from '../fixtures/docker-cli.ts'
import { skipWithoutDocker, testImage } from '../fixtures/images.ts'
import { ask, ProviderBench } from '../fixtures/provider-bench.ts'

const NEVER = new AbortController().signal

describe('the Docker provider', { skip: await skipWithoutDocker() }, () => {
  let bench: ProviderBench
  let httpd: string

  before(async () => {
    bench = new ProviderBench('provider')
    httpd = await plainImage('httpd', HTTPD)
    await bench.provider.start([])
  })

  after(() => bench.end())

  it('runs an image without any watchdog that serves by itself', async () => {
    const fn = bench.fn('serves', { image: httpd })
    const artifact = await bench.provider.prepare(fn.spec, NEVER)

    const replica = await bench.deploy({ ...fn, artifact })

    assert.match(artifact, /^sha256:/)
    assert.match(await ask(replica), /404/)
  })

  it('gives an image without a watchdog ours when a process is named', async () => {
    const image = await testImage('plain')

    const replica = await bench.deploy(bench.fn('echo', { image, envProcess: 'cat' }))

    assert.equal(await ask(replica, '/', 'hello there'), 'hello there')
  })

  it('gives it ours in a read-only root file system, too', async () => {
    const image = await testImage('plain')
    const spec = {
      image,
      envProcess: 'sh -c "echo x > /tmp/x && cat /tmp/x; echo y 2>&1 > /y || echo no"',
      readOnlyRootFilesystem: true,
    }

    const replica = await bench.deploy(bench.fn('readonly', spec))

    assert.match(await ask(replica, '/', ''), /^x\n.*no$/s)
  })

  it('leaves the watchdog of an image alone', async () => {
    const image = await testImage('upstream-classic')

    const replica = await bench.deploy(bench.fn('upstream', { image, envProcess: 'cat' }))

    assert.equal(await ask(replica, '/', 'as it was'), 'as it was')
    assert.equal(await docker('inspect', '-f', '{{json .Config.Entrypoint}}', replica.id), 'null')
  })

  it('makes limits effective and confines the container', async () => {
    const limits = { memory: '64Mi', cpu: '500m' }
    const replica = await bench.deploy(bench.fn('limited', { image: httpd, limits }))

    const shown = await docker(
      'inspect',
      '-f',
      '{{.HostConfig.Memory}} {{.HostConfig.NanoCpus}} {{.HostConfig.PidsLimit}} {{.HostConfig.CapDrop}} ' +
        '{{index .HostConfig.SecurityOpt 0}} {{.HostConfig.RestartPolicy.Name}} {{json .NetworkSettings.Ports}}',
      replica.id,
    )

    assert.equal(shown, '67108864 500000000 512 [ALL] no-new-privileges no {}')
  })

  it('keeps containers from each other and lets them find the gateway by name', async () => {
    const spec = { image: await testImage('plain'), envProcess: 'sh' }
    const [one, other] = [
      await bench.deploy(bench.fn('one', spec)),
      await bench.deploy(bench.fn('other', spec)),
    ]
    const run = (script: string) => ask(one, '/', script)

    assert.match(await run(`nc -w 2 ${other.host} 8080 </dev/null && echo open || echo closed`), /closed$/)
    assert.match(await run(`nc -w 2 127.0.0.1 8080 </dev/null && echo open || echo closed`), /open$/)
    const hosts = await run('cat /etc/hosts')
    const network = await docker(
      'network',
      'inspect',
      '-f',
      '{{(index .IPAM.Config 0).Gateway}}',
      `sampan-${bench.instance}_openfaas-fn`,
    )
    assert.match(hosts, new RegExp(`^${network}\\s+gateway$`, 'm'))
    assert.deepEqual(
      bench.events.findLast(({ kind }) => kind === 'addresses'),
      { kind: 'addresses', addresses: [network] },
    )
  })

  it('gives each namespace a network of its own, and takes it away with the last function', async () => {
    const name = functionName('spaced', 'elsewhere')
    const fn = bench.fn('spaced', { image: httpd })
    const networks = () =>
      docker('network', 'ls', '-q', '--filter', `name=sampan-${bench.instance}_elsewhere`)

    await bench.deploy({ ...fn, spec: { ...fn.spec, name } })
    assert.notEqual(await networks(), '')
    bench.provider.remove(name)

    await eventually(async () => (await networks()) === '')
  })

  it('18.1.14: the Docker provider has the name free at once after a removal', async () => {
    const first = await bench.deploy(bench.fn('again', { image: httpd }))

    bench.provider.remove(first.fn)
    assert.deepEqual(bench.ready(first.fn), [])
    const next = { ...bench.fn('again', { image: httpd }), createdAtMs: 99_000 }
    const second = await bench.deploy(next)

    assert.notEqual(second.id, first.id)
    await eventually(() => bench.provider.replicas(first.fn).length === 1)
  })

  it('18.4.15: the Docker provider scales up, down and to zero', async () => {
    const fn = bench.fn('scaled', { image: httpd }, 3)
    await bench.deploy(fn)
    await eventually(() => bench.ready(fn.spec.name).length === 3)

    bench.provider.apply({ ...fn, replicas: 1 })
    await eventually(() => bench.provider.replicas(fn.spec.name).length === 1)
    bench.provider.apply({ ...fn, replicas: 0 })
    await eventually(() => bench.provider.replicas(fn.spec.name).length === 0)

    await assert.rejects(bench.provider.whenReady(fn.spec.name, AbortSignal.timeout(20)), /scaled to zero/)
  })

  it('12.3: the Docker provider updates without a gap in the ready set, and lets calls on the old replica end', async () => {
    const old = await bench.deploy(bench.fn('rolling', { image: httpd }))
    const endCall = bench.ledger.hold(old.id)
    const seen = bench.events.length

    const next = await bench.deploy(bench.fn('rolling', { image: httpd }))
    await eventually(() => bench.ready(old.fn).length === 1)

    const readyCounts = bench.events
      .slice(seen)
      .flatMap((event) => (event.kind === 'ready' && event.fn === old.fn ? [event.ready.length] : []))
    assert.deepEqual(readyCounts, [2, 1])
    assert.deepEqual(
      bench.provider
        .replicas(old.fn)
        .map(({ state }) => state)
        .toSorted(),
      ['draining', 'ready'],
    )
    assert.match(await ask(old), /404/)
    endCall()
    await eventually(() => bench.provider.replicas(old.fn).length === 1)
    assert.equal(bench.ready(old.fn)[0]?.id, next.id)
  })

  it('keeps the old revision in service when the new one cannot run', async () => {
    const old = await bench.deploy(bench.fn('broken', { image: httpd }))

    bench.provider.apply(
      bench.fn('broken', {
        image: await plainImage('exits', 'CMD ["sh", "-c", "exit 3"]'),
      }),
    )
    await eventually(() => bench.log.named('replica exited').some(({ fields }) => fields['fn'] === old.fn))

    assert.deepEqual(
      bench.ready(old.fn).map(({ id }) => id),
      [old.id],
    )
    bench.provider.remove(old.fn)
  })

  it('tells why there is no replica, and tries again ever more seldom', async () => {
    const image = await plainImage('exits', 'CMD ["sh", "-c", "exit 3"]')
    const fn = bench.fn('crashes', { image })
    bench.provider.apply(fn)

    const giveUp = new AbortController()
    const refused = assert.rejects(
      bench.provider.whenReady(fn.spec.name, giveUp.signal),
      (error: unknown) =>
        hasCode(error, 'unavailable') && /crashes\.openfaas-fn .*exited with code 3/.test(String(error)),
    )
    const logged = (message: string) =>
      bench.log.named(message).filter(({ fields }) => fields['fn'] === fn.spec.name)
    await eventually(() => logged('replica failed, will retry').length >= 3, 30_000)
    giveUp.abort()
    await refused
    assert.equal(logged('replica exited')[0]?.fields['exitCode'], 3)
    const pauses = logged('replica failed, will retry').map(({ fields }) => Number(fields['retryInMs']))
    assert.ok(
      pauses.slice(1).every((ms, at) => ms > (pauses[at] ?? 0)),
      pauses.join(' '),
    )
    bench.provider.remove(fn.spec.name)
  })

  it('keeps the logs of a replica that is gone', async () => {
    const image = await plainImage('tells', 'CMD ["sh", "-c", "echo last words; exit 1"]')
    const fn = bench.fn('talks', { image })
    bench.provider.apply(fn)
    await eventually(() =>
      bench.log.named('replica removed').some(({ fields }) => fields['fn'] === fn.spec.name),
    )
    bench.provider.remove(fn.spec.name)

    const texts: string[] = []
    const query = { fn: fn.spec.name, follow: false }
    for await (const batch of bench.logs.read(query, NEVER)) texts.push(...batch.map(({ text }) => text))

    assert.equal(texts[0], 'last words')
  })

  it('says that a name means no image', async () => {
    const fn = bench.fn('nowhere', { image: 'sampan-test/no-such-image:1' })

    await assert.rejects(bench.provider.prepare(fn.spec, NEVER), (error: unknown) =>
      hasCode(error, 'invalid'),
    )
    bench.provider.apply(fn)
    await assert.rejects(bench.provider.whenReady(fn.spec.name, AbortSignal.timeout(1_000)), /no-such-image/)
    bench.provider.remove(fn.spec.name)
  })

  it('measures what a function uses', async () => {
    const { fn } = await bench.deploy(bench.fn('used', { image: httpd }))

    const usage = await bench.provider.usage(fn, NEVER)

    assert.ok(usage.memoryBytes > 10_000, String(usage.memoryBytes))
  })

  it('leaves nothing behind when everything is removed', async () => {
    const names = new Set(bench.events.flatMap((event) => (event.kind === 'ready' ? [event.fn] : [])))
    for (const name of names) bench.provider.remove(name)

    await eventually(async () => (await containersOf(bench.instance)).length === 0, 20_000)
  })
})
