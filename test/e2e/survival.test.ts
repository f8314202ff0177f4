import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { describe, it } from 'node:test'
import { promisify } from 'node:util'
import { skipWithoutDocker, testImage } from '../fixtures/images.ts'
import { SocketProxy } from '../fixtures/socket-proxy.ts'
import { DaemonProcess } from './daemon-process.ts'
import { eventually } from '../fakes/eventually.ts'
import { Load } from './load.ts'

/** Promised: calls are served again this long after a start that follows a `kill -9`. */
const ADOPTION_MS = 2_000

describe('survival', { skip: await skipWithoutDocker() }, () => {
  it('serves on with the same containers after kill -9 under load', async () => {
    // The load would add containers, and they are compared.
    await using daemon = await DaemonProcess.start({ SAMPAN_AUTOSCALER: 'off' })
    await daemon.deploy({ service: 'kept', image: await testImage('fn-watchdog') })
    await daemon.deploy({ service: 'plain', image: await testImage('plain'), envProcess: 'cat' })
    assert.equal((await daemon.call('kept/id')).status, 200)
    assert.equal((await daemon.call('plain')).status, 200)
    const before = await daemon.containers('running')
    const load = new Load(`${daemon.url}/function/kept/id`, 16)
    await eventually(() => load.calls > 100, 5_000, 'the load flows')

    await daemon.end('SIGKILL')
    await load.stop()
    const startMs = performance.now()
    await daemon.launch()
    await eventually(
      async () => {
        const statuses = await Promise.all(
          ['kept/id', 'plain'].map(async (path) => (await daemon.call(path)).status),
        )
        return statuses.every((status) => status === 200)
      },
      10_000,
      'both functions are served again',
    )
    const tookMs = performance.now() - startMs

    assert.deepEqual(await daemon.containers('running'), before)
    assert.ok(tookMs <= ADOPTION_MS, `served again after ${Math.round(tookMs)} ms`)
  })

  it('every function that was acknowledged before kill -9 is there afterwards', async () => {
    await using daemon = await DaemonProcess.start()
    const image = await testImage('fn')
    const names = Array.from({ length: 5 }, (_, i) => `kept-${i}`)
    await Promise.all(names.map((service) => daemon.deploy({ service, image })))

    await daemon.end('SIGKILL')
    await daemon.launch()
    await daemon.whenHealthy()

    const listed = (await (await daemon.api('GET', '/system/functions')).json()) as { name: string }[]
    assert.deepEqual(listed.map(({ name }) => name).toSorted(), names)
    for (const name of names) assert.equal((await daemon.call(`${name}/id`)).status, 200)
  })

  it('serves ready functions while Docker is away and says so for the others', async () => {
    await using engine = await SocketProxy.start()
    await using daemon = await DaemonProcess.start({
      SAMPAN_DOCKER_HOST: `unix://${engine.path}`,
      SAMPAN_WAKE_TIMEOUT: '3s',
    })
    const image = await testImage('fn')
    await daemon.deploy({ service: 'warm', image })
    await daemon.deploy({ service: 'cold', image, labels: { 'com.openfaas.scale.min': '1' } })
    assert.equal((await daemon.call('warm/id')).status, 200)
    assert.equal((await daemon.call('cold/id')).status, 200)
    await daemon.must('POST', '/system/scale-function/cold', { serviceName: 'cold', replicas: 0 })
    await eventually(async () => (await daemon.containers()).length === 1, 20_000, 'cold has no container')

    await engine.cut()
    await eventually(
      async () => (await fetch(`${daemon.url}/healthz`)).status === 503,
      10_000,
      'the daemon notices',
    )

    assert.equal((await daemon.call('warm/id')).status, 200)
    const refused = await daemon.call('cold/id')
    assert.equal(refused.status, 503)
    assert.match(await refused.text(), /Docker|engine/i)

    await engine.restore()
    await daemon.whenHealthy()
    assert.equal((await daemon.call('cold/id')).status, 200)
    assert.equal((await daemon.call('warm/id')).status, 200)
  })

  it('starts after a reboot what should run, and nothing that is scaled to zero, frozen or not (F5t)', async () => {
    await using daemon = await DaemonProcess.start()
    const image = await testImage('fn')
    const zero = { 'com.openfaas.scale.zero': 'true', 'com.openfaas.scale.zero-duration': '10s' }
    await daemon.deploy({ service: 'pair', image, labels: { 'com.openfaas.scale.min': '2' } })
    await daemon.deploy({ service: 'none', image })
    await daemon.deploy({ service: 'idle', image, labels: zero })
    const shown = async (name: string): Promise<readonly number[]> => {
      const answer = await daemon.api('GET', `/system/function/${name}`)
      const status = (await answer.json()) as {
        readonly replicas: number
        readonly availableReplicas: number
      }
      return [status.replicas, status.availableReplicas]
    }
    const shows = async (name: string, counts: readonly number[]): Promise<boolean> =>
      String(await shown(name)) === String(counts)
    await daemon.must('POST', '/system/scale-function/none', { serviceName: 'none', replicas: 0 })
    await eventually(() => shows('pair', [2, 2]), 20_000, 'both replicas of pair are ready')
    await eventually(() => shows('idle', [0, 0]), 40_000, 'idle is at zero')
    const before = await daemon.containers()

    await daemon.end('SIGKILL')
    for (const container of before) await killByHand(container)
    await daemon.launch()
    await daemon.whenHealthy()

    await eventually(() => shows('pair', [2, 2]), 20_000, 'both replicas of pair are ready again')
    assert.equal((await daemon.containersOf('pair')).length, 2)
    assert.deepEqual(await daemon.containersOf('none'), [])
    for (const name of ['none', 'idle']) assert.deepEqual(await shown(name), [0, 0], name)
    for (const name of ['none', 'idle']) assert.equal((await daemon.call(`${name}/id`)).status, 200)
  })

  it('converges on what happened while it was down', async () => {
    await using daemon = await DaemonProcess.start()
    await daemon.deploy({ service: 'hurt', image: await testImage('fn') })
    assert.equal((await daemon.call('hurt/id')).status, 200)
    const [before] = await daemon.containers('running')

    await daemon.end('SIGKILL')
    await removeByHand(before)
    await daemon.launch()
    await daemon.whenHealthy()

    assert.equal((await daemon.call('hurt/id')).status, 200)
    assert.ok(!(await daemon.containers()).includes(before ?? ''))
  })
})

/** As a reboot does: it ends, and is still there. */
async function killByHand(container: string): Promise<void> {
  await promisify(execFile)('docker', ['kill', container])
}

async function removeByHand(container: string | undefined): Promise<void> {
  assert.ok(container)
  await promisify(execFile)('docker', ['rm', '-f', container])
}
