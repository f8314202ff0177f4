import { eventually } from '../fakes/eventually.ts'
import { testImage } from '../fixtures/images.ts'
import { whenAvailable } from './available.ts'
import type { DaemonProcess } from './daemon-process.ts'
import { Arrivals, type FailedCall } from './load.ts'

/** 200 calls a second: what the project promises for updates and scaling. */
const EVERY_MS = 5
/** Ten a second that take a while: a replica has some of them whenever it is to go. */
const LONG_EVERY_MS = 100
const LONG_CALL = 'sleep/400ms'
const PATIENCE_MS = 40_000

/** What became of the calls while the function changed. */
export interface Rolled {
  readonly calls: number
  readonly failed: readonly FailedCall[]
  readonly perSecond: number
}

interface Status {
  readonly status: {
    readonly state: string
    readonly revision: number
    readonly serving: { readonly revision: number } | null
  }
}

/**
 * Deploys `service` and calls it all the time. Each round updates it with one replica and with three, by a deployment that cannot run
 * and by a rollback, and scales it up and down.
 */
export async function rollingChanges(
  daemon: DaemonProcess,
  service: string,
  rounds: number,
): Promise<Rolled> {
  const deployment = { service, image: await testImage('fn-watchdog') }
  const update = (envVars: Readonly<Record<string, string>>): Promise<void> =>
    daemon.must('PUT', '/system/functions', { ...deployment, envVars })
  const scale = async (replicas: number): Promise<void> => {
    await daemon.must('POST', `/system/scale-function/${service}`, { serviceName: service, replicas })
    await whenAvailable(daemon, service, replicas)
    await whenGone(daemon, service, replicas)
  }
  await daemon.deploy(deployment)
  await whenServing(daemon, service, 1)

  const startMs = performance.now()
  const url = `${daemon.url}/function/${service}`
  const loads = [
    new Arrivals({ url: `${url}/id` }, EVERY_MS),
    new Arrivals({ url: `${url}/${LONG_CALL}` }, LONG_EVERY_MS),
  ]
  try {
    for (let round = 1; round <= rounds; round += 1) {
      await update({ ROUND: `${round}` })
      await whenServing(daemon, service, 1)
      await scale(3)
      await update({ ROUND: `${round}, three replicas` })
      await whenServing(daemon, service, 3)
      await update({ fprocess: '/nowhere' })
      await eventually(async () => (await statusOf(daemon, service)).state === 'degraded', PATIENCE_MS)
      await daemon.must('POST', `/system/function/${service}/rollback`)
      await whenServing(daemon, service, 3)
      await scale(1)
    }
  } finally {
    await Promise.all(loads.map((load) => load.stop()))
  }
  const results = await Promise.all(loads.map((load) => load.stop()))
  const calls = results.reduce((sum, result) => sum + result.calls, 0)
  const seconds = (performance.now() - startMs) / 1_000
  return { calls, failed: results.flatMap(({ failed }) => failed), perSecond: calls / seconds }
}

/** The newest revision alone takes calls, on exactly so many replicas, and the old ones are gone. */
async function whenServing(daemon: DaemonProcess, service: string, replicas: number): Promise<void> {
  await eventually(
    async () => {
      const { state, revision, serving } = await statusOf(daemon, service)
      return state === 'ready' && serving?.revision === revision
    },
    PATIENCE_MS,
    `the newest revision of ${service} serves`,
  )
  await whenAvailable(daemon, service, replicas)
  await whenGone(daemon, service, replicas)
}

function whenGone(daemon: DaemonProcess, service: string, replicas: number): Promise<void> {
  const isSo = async (): Promise<boolean> => (await daemon.containersOf(service)).length === replicas
  return eventually(isSo, PATIENCE_MS, `${replicas} containers of ${service} are left`)
}

async function statusOf(daemon: DaemonProcess, service: string): Promise<Status['status']> {
  return ((await (await daemon.api('GET', `/system/function/${service}`)).json()) as Status).status
}
