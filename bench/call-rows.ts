import { cpuDuring } from '../test/fixtures/process-usage.ts'
import type { Subject } from './subject.ts'
import { median, type Row } from './table.ts'
import { load, type LoadFigures } from './wrk.ts'

/** How the loads are run. */
export interface Effort {
  readonly seconds: number
  readonly rounds: number
}

type WayName = keyof Subject['ways']
const WAYS: readonly WayName[] = ['function', 'watchdog', 'nginx', 'sampan']
const CONNECTIONS = [1, 16, 64] as const

/** CPU microseconds per call of each process that may take part. */
interface Cost {
  readonly daemon: number
  readonly nginx: number
  readonly watchdog: number
  readonly fn: number
}

interface Sample {
  readonly figures: LoadFigures
  readonly cost: Cost
}

/** Costs, latencies and rates of warm calls, each way, with the targets of P1, P1b and P2. */
export async function callRows(subject: Subject, effort: Effort): Promise<readonly Row[]> {
  const samples = await sampleAll(subject, effort)
  const of = (way: WayName, connections: number, pick: (sample: Sample) => number): number =>
    median((samples.get(`${way} ${connections}`) ?? []).map(pick))
  const failed = [...samples.values()].flat().reduce((sum, sample) => sum + sample.figures.failed, 0)

  const daemonUs = of('sampan', 16, (sample) => sample.cost.daemon)
  const watchdogUs = of('sampan', 16, (sample) => sample.cost.watchdog)
  const nginxUs = of('nginx', 16, (sample) => sample.cost.nginx)
  const ratio = of('sampan', 16, rate) / of('nginx', 16, rate)
  const addedMs = of('sampan', 1, p50) - of('function', 1, p50)
  return [
    costRow('daemon', daemonUs / nginxUs, 2),
    costRow('watchdog', watchdogUs / nginxUs, 2.2),
    { what: '   the daemon', measured: us(daemonUs) },
    { what: '   the watchdog', measured: us(watchdogUs) },
    {
      what: '   the watchdog, behind nginx',
      measured: us(of('nginx', 16, (sample) => sample.cost.watchdog)),
    },
    {
      what: '   the watchdog, called directly',
      measured: us(of('watchdog', 16, (sample) => sample.cost.watchdog)),
    },
    {
      what: '   the function itself, through us',
      measured: us(of('sampan', 16, (sample) => sample.cost.fn)),
    },
    {
      what: '   the function itself, called directly',
      measured: us(of('function', 16, (sample) => sample.cost.fn)),
    },
    { what: '   nginx in front of the same watchdog', measured: us(nginxUs) },
    row('P1b calls/s at 16 connections, against nginx', `${ratio.toFixed(2)} ×`, '≥ 0.7 ×', ratio >= 0.7),
    row('P2 p50 added to a direct call, 1 connection', ms(addedMs), '≤ 0.5 ms', addedMs <= 0.5),
    row('failed calls in all loads', String(failed), '0', failed === 0),
    ...WAYS.flatMap((way) =>
      CONNECTIONS.map((connections) => ({
        what: `   ${way}, ${connections} connections: calls/s, p50, p99`,
        measured: `${Math.round(of(way, connections, rate))}/s, ${ms(of(way, connections, p50))}, ${ms(of(way, connections, p99))}`,
      })),
    ),
  ]
}

/** Load before each one that counts. */
const WARM_UP_SECONDS = 4

/** Rounds go through all ways in turn, so that a busy moment of the machine hits them alike. */
async function sampleAll(subject: Subject, effort: Effort): Promise<Map<string, Sample[]>> {
  const samples = new Map<string, Sample[]>()
  for (let round = 0; round < effort.rounds; round += 1) {
    for (const connections of CONNECTIONS) {
      for (const way of WAYS) {
        const key = `${way} ${connections}`
        samples.set(key, [
          ...(samples.get(key) ?? []),
          await sampleOne(subject, way, { connections, ...effort }),
        ])
      }
    }
  }
  return samples
}

async function sampleOne(
  subject: Subject,
  way: WayName,
  options: { readonly connections: number; readonly seconds: number },
): Promise<Sample> {
  const { connections, seconds } = options
  const pids = {
    daemon: subject.daemon.pid,
    nginx: subject.nginx.workerPid,
    watchdog: subject.watchdogPid,
    fn: subject.functionPid,
  }
  // V8 throws compiled code away that nobody ran for a while, and here the other ways run in between: "warm" is what comes after.
  await load({ ...subject.ways[way], connections, seconds: WARM_UP_SECONDS })
  const { result, micros } = await cpuDuring(pids, () => load({ ...subject.ways[way], connections, seconds }))
  const each = (total: number) => total / result.calls
  return {
    figures: result,
    cost: {
      daemon: each(micros.daemon),
      nginx: each(micros.nginx),
      watchdog: each(micros.watchdog),
      fn: each(micros.fn),
    },
  }
}

/** Microseconds depend on the processor; against something real in the same run they mean something anywhere. */
function costRow(who: string, ratio: number, most: number): Row {
  const what = `P1 CPU per call of the ${who}, 16 connections, against nginx's`
  return row(what, `${ratio.toFixed(2)} ×`, `≤ ${most.toFixed(1)} ×`, ratio <= most)
}

const rate = (sample: Sample) => sample.figures.callsPerSecond
const p50 = (sample: Sample) => sample.figures.p50Ms
const p99 = (sample: Sample) => sample.figures.p99Ms
const us = (value: number) => `${value.toFixed(1)} µs`
const ms = (value: number) => `${value.toFixed(2)} ms`

// oxlint-disable-next-line max-params -- the four cells of a line, in their order
function row(what: string, measured: string, target: string, reached: boolean): Row {
  return { what, measured, target, reached }
}
