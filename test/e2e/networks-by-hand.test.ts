import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { eventually } from '../fakes/eventually.ts'
import { docker, HTTPD, plainImage } from '../fixtures/docker-cli.ts'
import { skipWithoutDocker, testImage } from '../fixtures/images.ts'
import { DaemonProcess } from './daemon-process.ts'

/** Far below the limits that ended such calls, 32 s and 60 s, and far above what a busy machine takes. */
const SOON_MS = 20_000

describe('a network that somebody changes by hand', { skip: await skipWithoutDocker() }, () => {
  let daemon: DaemonProcess
  let network: string
  /** Somebody else's, to be put into. */
  let foreign: string

  before(async () => {
    daemon = await DaemonProcess.start()
    await daemon.deploy({ service: 'fn', image: await testImage('fn'), envVars: { grace_period: '1s' } })
    assert.equal((await daemon.call('fn/id')).status, 200)
    network = `sampan-${daemon.instance}_openfaas-fn`
    foreign = `sampan-test-foreign-${daemon.instance}`
    await docker('network', 'create', foreign)
  })
  after(async () => {
    await daemon[Symbol.asyncDispose]()
    await docker('network', 'rm', foreign)
  })

  const replica = async (): Promise<string> => {
    const [container = ''] = await daemon.containersOf('fn')
    return container
  }
  const addressOf = (container: string): Promise<string> =>
    docker('inspect', '--format', `{{(index .NetworkSettings.Networks "${network}").IPAddress}}`, container)
  /** The status of a call that is under way when `change` happens. */
  const callDuring = async (change: () => Promise<unknown>): Promise<number> => {
    const call = daemon.call('fn/sleep/60s', { method: 'POST', signal: AbortSignal.timeout(SOON_MS) })
    await eventually(async () => (await inFlight()) > 0, 10_000, 'the call is under way')
    await change()
    return (await call).status
  }
  /** How often a change was seen. */
  const changes = async (): Promise<number> =>
    (await daemon.log()).split('replica no longer in its network').length - 1
  const inFlight = async (): Promise<number> => {
    const text = await (await fetch(`${daemon.metricsUrl}/metrics`)).text()
    return Number(/^gateway_function_invocation_inflight\{[^}]*\} (\d+)$/m.exec(text)?.[1] ?? 0)
  }

  it('cuts the calls of a replica that is taken out of it, which is replaced', async () => {
    const before = await replica()

    const status = await callDuring(() => docker('network', 'disconnect', '-f', network, before))

    assert.equal(status, 502)
    const answer = await daemon.call('fn/id', { signal: AbortSignal.timeout(SOON_MS) })
    assert.equal(answer.status, 200)
    await eventually(async () => (await daemon.containers()).length === 1, 30_000, 'the old one is gone')
    assert.notEqual(await replica(), before)
  })

  it('lets no call reach a stranger who got the address of the replica', async () => {
    const image = await plainImage('stranger', HTTPD)
    const before = await replica()
    const address = await addressOf(before)
    // Leaves a connection for the next call.
    assert.equal((await daemon.call('fn/id')).status, 200)

    // Nothing is made meanwhile, so that the address is free for the stranger.
    process.kill(daemon.pid, 'SIGSTOP')
    await docker('network', 'disconnect', '-f', network, before)
    const stranger = await docker('run', '-d', '--network', network, image)
    try {
      assert.equal(await addressOf(stranger), address)
      process.kill(daemon.pid, 'SIGCONT')
      await eventually(async () => (await changes()) === 2, 20_000, 'the daemon has seen it')

      for (let count = 0; count < 20; count += 1) {
        const answer = await daemon.call('fn/id', { signal: AbortSignal.timeout(SOON_MS) })
        // It knows no such path.
        assert.equal(answer.status, 200)
      }
    } finally {
      process.kill(daemon.pid, 'SIGCONT')
      await docker('rm', '-f', stranger)
    }
  })

  it('is noticed by a daemon that was not there when it was changed', async () => {
    await daemon.end('SIGKILL')
    const before = await replica()
    await docker('network', 'disconnect', '-f', network, before)

    await daemon.launch()
    await daemon.whenHealthy()

    const answer = await daemon.call('fn/id', { signal: AbortSignal.timeout(SOON_MS) })
    assert.equal(answer.status, 200)
    await eventually(async () => (await replica()) !== before, 30_000, 'the old one is gone')
  })

  it('means nothing to calls when it is one more network', async () => {
    await eventually(async () => (await daemon.containers()).length === 1, 30_000, 'one replica')
    assert.equal((await daemon.call('fn/id')).status, 200)
    const before = await replica()

    await docker('network', 'connect', foreign, before)
    for (let count = 0; count < 5; count += 1) assert.equal((await daemon.call('fn/id')).status, 200)
    // Also for a daemon that finds it so.
    await daemon.end('SIGKILL')
    await daemon.launch()
    await daemon.whenHealthy()
    assert.equal((await daemon.call('fn/id')).status, 200)
    assert.equal(await replica(), before)

    await docker('network', 'disconnect', foreign, before)
    assert.equal((await daemon.call('fn/id')).status, 200)
    assert.equal(await replica(), before)
  })

  it('is made anew when it is removed under the replicas', async () => {
    const before = await replica()

    await docker('network', 'disconnect', '-f', network, before)
    await docker('network', 'rm', network).catch(() => undefined)

    const answer = await daemon.call('fn/id', { signal: AbortSignal.timeout(SOON_MS) })
    assert.equal(answer.status, 200)
  })
})
