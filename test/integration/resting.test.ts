import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { assemble } from '../../src/assemble/assemble.ts'
import { systemClock } from '../../src/clock.ts'
import { readConfig } from '../../src/config.ts'
import type { FunctionName } from '../../src/core/functions/function-name.ts'
import { openRegistry } from '../../src/registry/registry.ts'
import { eventually } from '../fakes/eventually.ts'
import { RecordingLog } from '../fakes/recording-log.ts'
import { deployed } from '../fixtures/deployed.ts'
import { containersOf, docker, HTTPD, plainImage, sweepInstance } from '../fixtures/docker-cli.ts'
import { skipWithoutDocker } from '../fixtures/images.ts'
import { FREEZE_WAYS } from '../fixtures/freeze-ways.ts'
import { ask, ProviderBench } from '../fixtures/provider-bench.ts'

const soon = (): AbortSignal => AbortSignal.timeout(20_000)

describe('resting on the real engine', { skip: await skipWithoutDocker() }, () => {
  let httpd: string

  before(async () => {
    httpd = await plainImage('httpd', HTTPD)
  })

  for (const { method, settings, isFrozen } of FREEZE_WAYS.filter(({ skip }) => skip === false)) {
    describe(`the Docker provider, by ${method}`, () => {
      let bench: ProviderBench

      before(async () => {
        bench = new ProviderBench(`resting-${method}`, null, settings)
        await bench.provider.start([])
      })
      after(() => bench.end())

      /** Deploys it, has it rest, and answers the id of its frozen container. */
      async function frozen(fn: ReturnType<ProviderBench['fn']>): Promise<string> {
        const { id } = await bench.deploy(fn)
        bench.provider.apply({ ...fn, isResting: true })
        await eventually(async () => await isFrozen(id))
        assert.equal(state(fn.spec.name), 'frozen')
        return id
      }

      const state = (name: FunctionName): string | undefined => bench.provider.replicas(name)[0]?.state

      it('after a restart of the daemon a frozen replica is frozen still, and the first call wakes the same container', async () => {
        const fn = bench.fn('over-a-restart', { image: httpd })
        const id = await frozen(fn)
        await bench.provider.stop()
        assert.equal(await isFrozen(id), true)

        bench.provider = bench.another()
        await bench.provider.start([{ ...fn, isResting: true }])
        assert.equal(state(fn.spec.name), 'frozen')
        bench.provider.wake(fn.spec.name)

        const replica = await bench.provider.whenReady(fn.spec.name, soon())
        assert.equal(replica.id, id)
        assert.match(await ask(replica), /404/)
      })

      it('a container that is found paused, of a function that does not rest, is thawed', async () => {
        const fn = bench.fn('halfway', { image: httpd })
        const id = await frozen(fn)
        await bench.provider.stop()

        bench.provider = bench.another()
        await bench.provider.start([fn])

        assert.equal((await bench.provider.whenReady(fn.spec.name, soon())).id, id)
      })

      it('a replica with a call is not frozen; it is once a later round finds it idle', async () => {
        const fn = bench.fn('busy', { image: httpd })
        const { id } = await bench.deploy(fn)
        const end = bench.ledger.hold(id)

        bench.provider.apply({ ...fn, isResting: true })
        const other = bench.fn('idle', { image: httpd })
        await frozen(other)
        assert.equal(state(fn.spec.name), 'ready')
        end()
        bench.provider.apply({ ...fn, isResting: true })

        await eventually(async () => await isFrozen(id))
      })

      it('a wake-up at any moment of a freeze ends with the same replica, awake', async () => {
        const fn = bench.fn('at-any-moment', { image: httpd })
        const { id } = await bench.deploy(fn)
        for (let delayMs = 0; delayMs < 20; delayMs += 1) {
          bench.provider.apply({ ...fn, isResting: true })
          await systemClock.sleep(delayMs)
          bench.provider.wake(fn.spec.name)

          const replica = await bench.provider.whenReady(fn.spec.name, soon())
          assert.equal(replica.id, id)
          assert.match(await ask(replica), /404/)
        }
        assert.deepEqual(bench.log.named('replica failed'), [])
      })

      // Of a freeze by files Docker does not know: it refuses to end one.
      const canUnpause = method === 'docker-pause'

      if (canUnpause)
        it('a frozen replica that somebody unpauses is the same one, and is frozen again (S20)', async () => {
          const fn = bench.fn('unpaused', { image: httpd })
          const id = await frozen(fn)
          const seen = bench.events.length

          await docker('unpause', id)
          await eventually(() =>
            bench.events.slice(seen).some((event) => event.kind === 'ready' && event.ready[0]?.id === id),
          )

          await eventually(async () => await isFrozen(id))
          await eventually(() => state(fn.spec.name) === 'frozen')
        })

      if (canUnpause)
        it('a replica that somebody unpauses before the freeze of it is answered is frozen again, too', async () => {
          const fn = bench.fn('unpaused-at-once', { image: httpd })
          const { id } = await bench.deploy(fn)
          bench.provider.apply({ ...fn, isResting: true })

          await eventually(() => docker('unpause', id).then(() => true))

          await eventually(async () => state(fn.spec.name) === 'frozen' && (await isFrozen(id)))
          bench.provider.wake(fn.spec.name)
          assert.match(await ask(await bench.provider.whenReady(fn.spec.name, soon())), /404/)
        })

      it('the method is told', async () => {
        await frozen(bench.fn('told', { image: httpd }))
        assert.equal(bench.provider.capabilities.freezing, method)
      })

      it('a frozen replica that somebody stops hears it, and its successor rests', async () => {
        const says = `trap 'exit 7' TERM; httpd -p 8080 -h /www; while :; do sleep 0.1; done`
        const image = await plainImage('stopped', `CMD ${JSON.stringify(['sh', '-c', says])}`)
        const fn = bench.fn('stopped', { image })
        const id = await frozen(fn)
        const exit = docker('wait', id)

        await docker('stop', '-t', '20', id)

        assert.equal(await exit, '7')
        await eventually(() => bench.provider.replicas(fn.spec.name).every((replica) => replica.id !== id))
        await eventually(() => state(fn.spec.name) === 'frozen', 20_000)
      })

      it('what was frozen in another way before the daemon was restarted is thawed, too', async () => {
        const fn = bench.fn('another-way', { image: httpd })
        const id = await frozen(fn)
        await bench.provider.stop()

        const { freezer } = settings
        bench.provider = bench.another({ freezer: freezer === 'auto' ? 'docker' : 'auto' })
        await bench.provider.start([{ ...fn, isResting: true }])
        assert.equal(state(fn.spec.name), 'frozen')
        bench.provider.wake(fn.spec.name)
        const replica = await bench.provider.whenReady(fn.spec.name, soon())
        assert.equal(replica.id, id)
        assert.match(await ask(replica), /404/)

        await bench.provider.stop()
        bench.provider = bench.another()
        await bench.provider.start([fn])
      })

      it('a frozen replica that somebody kills is replaced, and its successor rests', async () => {
        const fn = bench.fn('killed', { image: httpd })
        const id = await frozen(fn)

        await docker('kill', id)

        await eventually(() => bench.provider.replicas(fn.spec.name).every((replica) => replica.id !== id))
        await eventually(() => state(fn.spec.name) === 'frozen', 20_000)
      })

      it('a frozen replica that has to go is asked to end, and its log is kept', async () => {
        const says = `trap 'echo told to end; exit 0' TERM; httpd -p 8080 -h /www; while :; do sleep 0.1; done`
        const image = await plainImage('farewell', `CMD ${JSON.stringify(['sh', '-c', says])}`)
        const fn = bench.fn('farewell', { image, envVars: { grace_period: '10s' } })
        const id = await frozen(fn)

        bench.provider.apply({ ...fn, replicas: 0 })
        await eventually(async () => !(await containersOf(bench.instance)).includes(id), 20_000)

        const lines: string[] = []
        for await (const batch of bench.logs.read({ fn: fn.spec.name, follow: false }, soon()))
          lines.push(...batch.map(({ text }) => text))
        assert.deepEqual(lines, ['told to end'])
      })
    })
  }

  it('a call to a function that rests wakes it and is answered by the same container', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'sampan-resting-'))
    const instance = `called-at-rest-${process.pid}`
    const log = new RecordingLog()
    const config = readConfig({
      SAMPAN_DATA_DIR: dataDir,
      SAMPAN_INSTANCE: instance,
      SAMPAN_LISTEN: '127.0.0.1:0',
      SAMPAN_METRICS_LISTEN: '127.0.0.1:0',
      SAMPAN_UI_LISTEN: 'off',
      SAMPAN_FUNCTION_PORT: '0',
      SAMPAN_FIREWALL: 'off',
      SAMPAN_WATCHDOG_DIR: join(process.cwd(), 'dist/watchdog'),
    })
    const credentials = { user: 'admin', password: 'secret' }
    const registry = openRegistry(dataDir, log)
    const parts = assemble({
      config,
      log,
      clock: systemClock,
      registry,
      calls: null,
      credentials,
      descriptors: 1_024,
    })
    const { gateway, provider, control, invoker } = parts
    try {
      const { port } = await gateway.start()
      await provider.start([])
      const { spec } = deployed({ spec: { image: httpd, annotations: { 'com.sampan.pull': 'missing' } } })
      await control.deploy(spec, '{}')
      const call = () => fetch(`http://127.0.0.1:${port}/function/hello/`)
      assert.equal((await call()).status, 404)
      const [before] = provider.replicas(spec.name)
      // The call may end here a moment after its client has the answer: a replica with a call is not frozen.
      await eventually(() => {
        control.rest(spec.name)
        return provider.replicas(spec.name)[0]?.state === 'frozen'
      })

      const answer = await call()

      assert.deepEqual([answer.status, answer.headers.get('x-openfaas-internal')], [404, null])
      assert.deepEqual(
        provider.replicas(spec.name).map(({ id, state }) => [id, state]),
        [[before?.id, 'ready']],
      )
      assert.equal(registry.functions.get(spec.name)?.isResting, undefined)
    } finally {
      await gateway.stop(1_000)
      await invoker.stop(AbortSignal.abort())
      control.stop()
      await provider.stop()
      registry.close()
      await sweepInstance(instance)
      rmSync(dataDir, { recursive: true })
    }
  })
})
