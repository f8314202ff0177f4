import { setTimeout as sleep } from 'node:timers/promises'
import type { World } from './world.ts'

/** Something bad, or a change, that happens once. Resolves when it is over. */
export type Fault = (world: World) => Promise<void>

const LABEL = 'com.sampan.function'

/** By the name that a failed run shows. */
export const FAULTS = {
  'somebody pauses a container and lets it go on': async (world) => {
    const id = await someContainer(world)
    if (id === null) return
    await quietly(world.engine.docker('pause', id))
    await sleep(200 + world.random.below(1_500))
    await quietly(world.engine.docker('unpause', id))
  },
  'somebody removes a container': async (world) => {
    const id = await someContainer(world)
    if (id !== null) await quietly(world.engine.docker('rm', '-f', id))
  },
  'somebody kills a container': async (world) => {
    const id = await someContainer(world)
    if (id !== null) await quietly(world.engine.docker('kill', id))
  },
  'the kernel kills a function that takes too much memory': async ({ daemon }) => {
    await quietly(daemon.call('busy/alloc/200000000', { method: 'POST' }))
  },
  'a function is updated': async (world) => {
    const { deployment } = world.random.pick(world.subjects)
    const update = (world.updates.get(deployment.service) ?? 0) + 1
    const envVars = { ...deployment.envVars, UPDATE: `${update}` }
    if (await accepted(world, ['PUT', '/system/functions'], { ...deployment, envVars }))
      world.updates.set(deployment.service, update)
  },
  'a function is updated to what cannot run, and rolled back': async (world) => {
    const { service, image } = world.random.pick(world.subjects).deployment
    const bad = { service, image, envVars: { fprocess: '/nowhere', UPDATE: 'bad' } }
    if (!(await accepted(world, ['PUT', '/system/functions'], bad))) return
    await sleep(world.random.below(2_000))
    await untilAccepted(world, ['POST', `/system/function/${service}/rollback`])
  },
  'a function is scaled': async (world) => {
    const { service } = world.random.pick(world.subjects).deployment
    const body = { serviceName: service, replicas: world.random.below(4) }
    await accepted(world, ['POST', `/system/scale-function/${service}`], body)
  },
  'the daemon is restarted': async ({ daemon, daemonAway, random }) => {
    await daemonAway.during(async () => {
      await daemon.end(random.below(2) === 0 ? 'SIGTERM' : 'SIGKILL')
      await daemon.launch()
      await daemon.whenHealthy(60_000)
    })
  },
  'the engine is restarted, and its containers live on': async (world) => {
    await restartEngine(world, true)
  },
  'the engine is restarted, and its containers end': async (world) => {
    await restartEngine(world, false)
  },
} as const satisfies Record<string, Fault>

export type FaultName = keyof typeof FAULTS

async function restartEngine({ engine, random }: World, liveRestore: boolean): Promise<void> {
  await engine.stop()
  await sleep(random.below(1_000))
  await engine.start(liveRestore)
}

/** One of a function that is chosen first: ids say nothing of what a container is. Null: it has none now. */
async function someContainer({ engine, random, subjects }: World): Promise<string | null> {
  const { service } = random.pick(subjects).deployment
  const at = random.below(3)
  const listed = await engine.docker('ps', '-q', '--filter', `label=${LABEL}=${service}`).catch(() => '')
  const ids = listed.split('\n').filter((id) => id !== '')
  return ids.length === 0 ? null : (ids[at % ids.length] ?? null)
}

async function accepted(
  { daemon }: World,
  [method, path]: readonly [string, string],
  body?: unknown,
): Promise<boolean> {
  // The daemon or its engine may be away just now: then nothing has changed, and that is what the status says.
  const answer = await daemon.api(method, path, body).catch(() => null)
  await answer?.text()
  return answer?.ok === true
}

/** What has to be undone is undone, however long the daemon is away. */
async function untilAccepted(world: World, route: readonly [string, string]): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    if (await accepted(world, route)) return
    await sleep(200)
  }
  throw new Error(`${route.join(' ')} is not accepted`)
}

/** What was chosen may have gone meanwhile. */
async function quietly(work: Promise<unknown>): Promise<void> {
  await work.catch(() => undefined)
}
