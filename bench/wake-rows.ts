import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { assemble, type Parts } from '../src/assemble/assemble.ts'
import { systemClock } from '../src/clock.ts'
import { readConfig } from '../src/config.ts'
import type { FunctionName } from '../src/core/functions/function-name.ts'
import { openRegistry } from '../src/registry/registry.ts'
import { eventually } from '../test/fakes/eventually.ts'
import { RecordingLog } from '../test/fakes/recording-log.ts'
import { deployed } from '../test/fixtures/deployed.ts'
import { sweepInstance } from '../test/fixtures/docker-cli.ts'
import { testImage } from '../test/fixtures/images.ts'
import { answerOf, handMade } from './hand-made.ts'
import { median, quantile, type Row } from './table.ts'

const CALLERS = 100
/** What a change leaves to do. */
const SETTLE_MS = 60
/** Over a warm call, by what froze the replica. */
const MOST_OVER_WARM_MS = { auto: 5, docker: 25 } as const
const MOST_RATIO = 1.1

/**
 * From a call to the end of its answer, of a function that is warm, frozen in either way, or without a container, and of the same container
 * made and started by hand until it answers; one after the other (P3). `rounds`: times that each is done.
 */
export async function wakeRows(rounds: number): Promise<readonly Row[]> {
  const rows: Row[] = []
  for (const freezer of ['auto', 'docker'] as const) {
    const subject = await open(freezer)
    try {
      rows.push(...(await frozenRows(subject, freezer, rounds)))
      if (freezer === 'auto') rows.push(...(await emptyRows(subject, Math.ceil(rounds / 2))))
    } finally {
      await subject.close()
    }
  }
  return rows
}

async function frozenRows(
  { provider, control, name, call }: Subject,
  freezer: 'auto' | 'docker',
  rounds: number,
): Promise<readonly Row[]> {
  const rested = async () => {
    await eventually(() => {
      control.rest(name)
      return provider.replicas(name)[0]?.state === 'frozen'
    })
    await systemClock.sleep(SETTLE_MS)
  }
  const warm = await timed(rounds, async () => {}, call)
  const frozen = await timed(rounds, rested, call)
  const together = await timed(rounds, rested, () => all(call))
  const way = provider.capabilities.freezing
  const overMs = median(frozen) - median(warm)
  const mostMs = MOST_OVER_WARM_MS[freezer]
  return [
    {
      what: `P3 frozen (${way}), p50 over a warm call`,
      measured: `${overMs.toFixed(2)} ms (${shown(frozen)}; warm ${shown(warm)})`,
      target: `≤ ${mostMs} ms`,
      reached: overMs <= mostMs,
    },
    { what: `   the last of ${CALLERS} callers at once, frozen (${way})`, measured: shown(together) },
  ]
}

async function emptyRows(
  { provider, control, name, call }: Subject,
  rounds: number,
): Promise<readonly Row[]> {
  const byHand = await handMade(provider.replicas(name)[0]?.id ?? '')
  const emptied = async () => {
    await control.scale(name, 0)
    await eventually(() => provider.replicas(name).length === 0, 30_000)
    await systemClock.sleep(SETTLE_MS)
  }
  const times = { none: [] as number[], floor: [] as number[], crowd: [] as number[] }
  for (let round = 0; round < rounds; round += 1) {
    times.floor.push(...(await timed(1, async () => {}, byHand.start)))
    await byHand.end()
    times.none.push(...(await timed(1, emptied, call)))
    times.crowd.push(...(await timed(1, emptied, () => all(call))))
  }
  const ratio = median(times.none) / median(times.floor)
  return [
    {
      what: 'P3 without a container, p50 to that of the same made and started by hand',
      measured: `${ratio.toFixed(2)} (${shown(times.none)}; by hand ${shown(times.floor)})`,
      target: `≤ ${MOST_RATIO}`,
      reached: ratio <= MOST_RATIO,
    },
    { what: `   the last of ${CALLERS} callers at once, without a container`, measured: shown(times.crowd) },
  ]
}

interface Subject extends Pick<Parts, 'provider' | 'control'> {
  readonly name: FunctionName
  /** To the end of an answer. */
  readonly call: () => Promise<void>
  readonly close: () => Promise<void>
}

/** The daemon's parts in this process, and one function that has answered. */
async function open(freezer: 'auto' | 'docker'): Promise<Subject> {
  const dataDir = mkdtempSync(join(tmpdir(), 'sampan-wake-'))
  const instance = `wake-${process.pid}`
  const config = readConfig({
    SAMPAN_DATA_DIR: dataDir,
    SAMPAN_INSTANCE: instance,
    SAMPAN_LISTEN: '127.0.0.1:0',
    SAMPAN_METRICS_LISTEN: '127.0.0.1:0',
    SAMPAN_UI_LISTEN: 'off',
    SAMPAN_FUNCTION_PORT: '0',
    SAMPAN_FIREWALL: 'off',
    SAMPAN_ASYNC: 'off',
    SAMPAN_FREEZER: freezer,
    SAMPAN_WATCHDOG_DIR: join(process.cwd(), 'dist/watchdog'),
  })
  const log = new RecordingLog()
  const credentials = { user: 'admin', password: 'secret' }
  const registry = openRegistry(dataDir, log)
  const given = { config, log, clock: systemClock, registry, calls: null, credentials, descriptors: 4_096 }
  const { gateway, provider, control, invoker } = assemble(given)
  const { port } = await gateway.start()
  await provider.start([])
  const image = await testImage('fn-watchdog')
  const { spec } = deployed({ spec: { image, annotations: { 'com.sampan.pull': 'missing' } } })
  await control.deploy(spec, '{}')
  const call = () => answerOf('127.0.0.1', port, '/function/hello/status/200?body=hello')
  await call()
  const close = async () => {
    await gateway.stop(1_000)
    await invoker.stop(AbortSignal.abort())
    control.stop()
    await provider.stop()
    registry.close()
    await sweepInstance(instance)
    rmSync(dataDir, { recursive: true })
  }
  return { provider, control, name: spec.name, call, close }
}

function shown(times: readonly number[]): string {
  return `p50 ${median(times).toFixed(2)}, p90 ${quantile(times, 0.9).toFixed(2)} ms`
}

async function timed(
  count: number,
  before: () => Promise<void>,
  work: () => Promise<void>,
): Promise<number[]> {
  const times: number[] = []
  for (let round = 0; round < count; round += 1) {
    await before()
    const startMs = performance.now()
    await work()
    times.push(performance.now() - startMs)
  }
  return times
}

async function all(call: () => Promise<void>): Promise<void> {
  await Promise.all(Array.from({ length: CALLERS }, call))
}
