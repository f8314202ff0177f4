import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { skipWithoutDocker, testImage } from '../fixtures/images.ts'
import { SecondDockerd, secondDockerdSkip } from '../fixtures/second-dockerd.ts'
import { Random } from '../integration/random.ts'
import { Callers, type Ended, Spans, whyWrong } from './chaos/callers.ts'
import { FAULTS, type FaultName } from './chaos/faults.ts'
import { whenSettled } from './chaos/settled.ts'
import { subjectsOf, type World } from './chaos/world.ts'
import { DaemonProcess } from './daemon-process.ts'

// Everything at once: calls, and in random order what an operator, the kernel and the engine do to functions, on an engine of the test's own.

const SECONDS = Number(process.env['SAMPAN_TEST_CHAOS_SECONDS'] ?? 35)
const SEED = Number(process.env['SAMPAN_TEST_SEED'] ?? 4711)

const skip = (await skipWithoutDocker()) || (await secondDockerdSkip())

describe('scaling while everything happens at once', { skip }, () => {
  it('each call succeeds or is told why not, and at the end what runs is what is wanted', async (t) => {
    const engine = await SecondDockerd.make()
    try {
      await engine.start(true)
      await runOn(engine, t)
    } finally {
      await engine.end()
    }
  })
})

async function runOn(engine: SecondDockerd, t: TestContext): Promise<void> {
  const images = { plain: await testImage('fn'), watchdog: await testImage('fn-watchdog') }
  for (const image of Object.values(images)) await engine.take(image)
  await using daemon = await DaemonProcess.start({
    SAMPAN_DOCKER_HOST: engine.host,
    // Of another network namespace: rules and listeners of this one do not reach its containers.
    SAMPAN_FIREWALL: 'off',
    SAMPAN_FUNCTION_PORT: '0',
    SAMPAN_REMOVE_AFTER: '12s',
  })
  const world: World = {
    daemon,
    engine,
    random: new Random(SEED),
    subjects: subjectsOf(images),
    daemonAway: new Spans(),
    updates: new Map(),
  }
  for (const { deployment } of world.subjects) await daemon.deploy(deployment)
  const callers = world.subjects.map(({ path, ...how }) => new Callers(daemon.url, path, how))
  let done: readonly string[]
  let ended: readonly Ended[]
  try {
    done = await plague(world)
  } finally {
    ended = (await Promise.all(callers.map((some) => some.stop()))).flat()
  }

  t.diagnostic(summary(ended, done))
  t.diagnostic(done.join('; '))
  const wrong = ended.map((call) => whyWrong(call, world.daemonAway)).filter((why) => why !== null)
  assert.deepEqual(
    wrong.slice(0, 10),
    [],
    `${wrong.length} of ${ended.length} calls, seed ${SEED}: ${done.join('; ')}`,
  )
  await whenSettled(world)
}

/** Faults one after the other, the same for the same seed; each at least once when there is time. */
async function plague(world: World): Promise<readonly string[]> {
  const names = Object.keys(FAULTS) as FaultName[]
  const order = new Random(SEED)
  const done: string[] = []
  const untilMs = performance.now() + SECONDS * 1_000
  let round: FaultName[] = []
  while (performance.now() < untilMs) {
    // The order depends on the seed alone, and what a fault draws on that and its place in the order: not on what happened before.
    if (round.length === 0) round = shuffled(names, order)
    const name = round.pop()
    if (name === undefined) break
    const beganMs = performance.now()
    const random = new Random(SEED + 7_919 * (done.length + 1))
    await FAULTS[name]({ ...world, random })
    done.push(`${name} (${((performance.now() - beganMs) / 1_000).toFixed(1)} s)`)
    await sleep(100 + random.below(900))
  }
  return done
}

function shuffled(names: readonly FaultName[], random: Random): FaultName[] {
  const left = [...names]
  return names.map(() => left.splice(random.below(left.length), 1)[0] ?? 'a function is scaled')
}

function summary(ended: readonly Ended[], done: readonly string[]): string {
  const counts = new Map<number, number>()
  for (const { status } of ended) counts.set(status, (counts.get(status) ?? 0) + 1)
  const statuses = [...counts].toSorted(([a], [b]) => a - b).map(([status, count]) => `${status}: ${count}`)
  const longest = Math.max(...ended.map(({ beganMs, endedMs }) => endedMs - beganMs))
  return `seed ${SEED}, ${ended.length} calls (${statuses.join(', ')}), the longest ${longest.toFixed(0)} ms, ${done.length} faults`
}
