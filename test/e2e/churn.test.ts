import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, it } from 'node:test'
import { skipWithoutDocker, testImage } from '../fixtures/images.ts'
import { DaemonProcess } from './daemon-process.ts'
import { eventually } from '../fakes/eventually.ts'
import { Load } from './load.ts'

/** How long the load lasts; a minute is what the project promises, CI takes a tenth of it. */
const LOAD_MS = Number(process.env['SAMPAN_TEST_LOAD_MS'] ?? 6_000)
const CONNECTIONS = 64

describe('calls while other functions change', { skip: await skipWithoutDocker() }, () => {
  it(`lets none of them fail, over ${CONNECTIONS} connections for ${LOAD_MS} ms`, async () => {
    await using daemon = await DaemonProcess.start()
    await daemon.deploy({ service: 'steady', image: await testImage('fn-watchdog') })
    assert.equal((await daemon.call('steady/id')).status, 200)
    const load = new Load(`${daemon.url}/function/steady/id`, CONNECTIONS)
    const over = new AbortController()
    const changes = [churn(daemon, 'one', over.signal), churn(daemon, 'two', over.signal)]

    await Promise.race([sleep(LOAD_MS), ...changes])
    over.abort()
    const rounds = (await Promise.all(changes)).reduce((sum, some) => sum + some, 0)
    const { calls, failed } = await load.stop()

    assert.deepEqual(failed.slice(0, 5), [], `${failed.length} of ${calls + failed.length} calls failed`)
    assert.ok(calls > 1_000, `only ${calls} calls in ${LOAD_MS} ms`)
    assert.ok(rounds >= 2, `only ${rounds} rounds of deploy, scale and delete`)
  })

  it('lets none fail while the called function itself is updated and scaled', async () => {
    // This test alone says how many there are.
    await using daemon = await DaemonProcess.start({ SAMPAN_AUTOSCALER: 'off' })
    const deployment = { service: 'moving', image: await testImage('fn-watchdog') }
    await daemon.deploy(deployment)
    assert.equal((await daemon.call('moving/id')).status, 200)
    const load = new Load(`${daemon.url}/function/moving/id`, 8)

    for (const revision of ['1', '2']) {
      const before = await daemon.containers('running')
      await daemon.must('PUT', '/system/functions', { ...deployment, envVars: { REVISION: revision } })
      await untilReplaced(daemon, before)
    }
    await daemon.must('POST', '/system/scale-function/moving', { serviceName: 'moving', replicas: 3 })
    await untilCount(daemon, 3)
    await daemon.must('POST', '/system/scale-function/moving', { serviceName: 'moving', replicas: 1 })
    await untilCount(daemon, 1)
    const { calls, failed } = await load.stop()

    assert.deepEqual(failed.slice(0, 5), [], `${failed.length} of ${calls + failed.length} calls failed`)
  })
})

/** Deploys, calls, scales and deletes functions of its own until `signal` aborts; answers how often. */
/** One round at least. */
async function churn(daemon: DaemonProcess, name: string, signal: AbortSignal): Promise<number> {
  const image = await testImage('fn')
  let rounds = 0
  do {
    const service = `${name}-${rounds % 3}`
    await daemon.deploy({ service, image })
    assert.equal((await daemon.call(`${service}/id`)).status, 200)
    await daemon.must('POST', `/system/scale-function/${service}`, { serviceName: service, replicas: 2 })
    await daemon.must('PUT', '/system/functions', { service, image, envVars: { ROUND: String(rounds) } })
    await daemon.must('POST', `/system/scale-function/${service}`, { serviceName: service, replicas: 0 })
    await daemon.remove(service)
    rounds += 1
  } while (!signal.aborted)
  return rounds
}

async function untilReplaced(daemon: DaemonProcess, before: readonly string[]): Promise<void> {
  await eventually(
    async () => {
      const now = await daemon.containers('running')
      return now.length > 0 && now.every((id) => !before.includes(id))
    },
    30_000,
    'the update replaced the containers',
  )
}

async function untilCount(daemon: DaemonProcess, count: number): Promise<void> {
  await eventually(
    async () => {
      const status = (await (await daemon.api('GET', '/system/function/moving')).json()) as {
        availableReplicas?: number
      }
      return status.availableReplicas === count && (await daemon.containers('running')).length === count
    },
    30_000,
    `${count} replicas run and are ready`,
  )
}
