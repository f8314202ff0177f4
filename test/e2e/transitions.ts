import assert from 'node:assert/strict'
import { eventually } from '../fakes/eventually.ts'
import { whenAvailable } from './available.ts'
import type { DaemonProcess, Deployment } from './daemon-process.ts'
import { Arrivals, type LoadedCall, type LoadResult } from './load.ts'

/** 25 calls a second. */
export const EVERY_MS = 40
/** Of each step; much less is needed by one function alone. */
const PATIENCE_MS = 40_000

/** For the daemon: on a slow machine more calls wait for the first replica than it usually lets wait. */
export const MANY_MAY_WAIT = { SAMPAN_MAX_WAITING_CALLS: '1000' }

/**
 * Deploys a function, updates it, scales it from one replica to three, lets it sleep and wakes it; meanwhile it is called all the time, whoever
 * answers. None of the calls may fail.
 */
export async function noneFails(
  daemon: DaemonProcess,
  deployment: Deployment,
  call: Omit<LoadedCall, 'url'>,
): Promise<void> {
  const { service } = deployment
  const arrive = (): Arrivals =>
    new Arrivals({ ...call, url: `${daemon.url}/function/${service}/id` }, EVERY_MS)
  const scale = (replicas: number): Promise<void> =>
    daemon.must('POST', `/system/scale-function/${service}`, { serviceName: service, replicas })

  await daemon.deploy(deployment)
  const first = arrive()
  await eventually(() => first.calls > 50, PATIENCE_MS, `${service} is called after the deployment`)
  const [old] = await daemon.containersOf(service)
  await daemon.must('PUT', '/system/functions', {
    ...deployment,
    envVars: { ...deployment.envVars, REVISION: '2' },
  })
  await eventually(
    async () => {
      const now = await daemon.containersOf(service)
      return now.length === 1 && now[0] !== old
    },
    PATIENCE_MS,
    `the update replaced the container of ${service}`,
  )
  await scale(3)
  await whenAvailable(daemon, service, 3)
  const settled = first.calls
  await eventually(() => first.calls > settled + 50, PATIENCE_MS, `three replicas of ${service} are called`)
  allAnswered(await first.stop(), 'in deploy, update or scale-up')

  await scale(0)
  await eventually(async () => (await daemon.containersOf(service)).length === 0, PATIENCE_MS, 'it sleeps')
  const second = arrive()
  await eventually(() => second.calls > 50, PATIENCE_MS, `${service} is called after the wake`)
  allAnswered(await second.stop(), 'in the wake')
}

function allAnswered({ failed, calls }: LoadResult, when: string): void {
  assert.deepEqual(
    failed.slice(0, 5),
    [],
    `${failed.length} of ${calls + failed.length} calls failed ${when}`,
  )
}
