import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from '../test/fakes/eventually.ts'
import { testImage } from '../test/fixtures/images.ts'
import { cpuMicros, peakGrowth, residentBytes } from '../test/fixtures/process-usage.ts'
import { download, eventDelays, upload } from './streams.ts'
import type { Subject } from './subject.ts'
import { median, quantile, type Row } from './table.ts'

const GIB = 1024 ** 3
const MIB = 1024 ** 2
const SETTLE_MS = 5_000
const IDLE_MS = 20_000
const DEPLOYS = 10

/** Memory and CPU of a daemon and a watchdog that have nothing to do, before any load (P4). */
export async function idleRows(subject: Subject): Promise<readonly Row[]> {
  await sleep(SETTLE_MS)
  const daemonBytes = await residentBytes(subject.daemon.pid)
  const watchdogBytes = await residentBytes(subject.watchdogPid)
  const before = await cpuMicros(subject.daemon.pid)
  await sleep(IDLE_MS)
  const percent = (((await cpuMicros(subject.daemon.pid)) - before) / (IDLE_MS * 1_000)) * 100
  return [
    {
      what: 'P4 resident, idle: daemon',
      measured: mib(daemonBytes),
      target: '≤ 90 MB',
      reached: daemonBytes <= 90 * MIB,
    },
    {
      what: 'P4 resident, idle: watchdog',
      measured: mib(watchdogBytes),
      target: '≤ 8 MB',
      reached: watchdogBytes <= 8 * MIB,
    },
    {
      what: 'P4 CPU of the idle daemon',
      measured: `${percent.toFixed(2)} % of a core`,
      target: '≤ 0.5 %',
      reached: percent <= 0.5,
    },
  ]
}

/** Memory after all loads; for orientation. */
export async function loadedRows(subject: Subject): Promise<readonly Row[]> {
  const daemon = mib(await residentBytes(subject.daemon.pid))
  const watchdog = mib(await residentBytes(subject.watchdogPid))
  return [{ what: '   resident after the loads: daemon, watchdog', measured: `${daemon}, ${watchdog}` }]
}

/** Large bodies and event streams (P6). */
export async function streamRows(subject: Subject): Promise<readonly Row[]> {
  const url = `${subject.daemon.url}/function/subject`
  const { pid } = subject.daemon
  const up = await peakGrowth(pid, () => upload(`${url}/count`, GIB))
  const down = await peakGrowth(pid, () => download(`${url}/big?bytes=${GIB}`, GIB))
  const delays = await eventDelays(`${url}/sse?n=100&every=20ms`)
  const first = delays[0] ?? Number.NaN
  const grown = (what: string, bytes: number): Row => ({
    what: `P6 daemon grows by, 1 GiB ${what}`,
    measured: mib(bytes),
    target: '≤ 50 MB',
    reached: bytes <= 50 * MIB,
  })
  return [
    grown('up', up),
    grown('down', down),
    { what: 'P6 first event arrives after', measured: ms(first), target: '≤ 10 ms', reached: first <= 10 },
    {
      what: '   events, p50 and p99 of 100',
      measured: `${ms(quantile(delays, 0.5))}, ${ms(quantile(delays, 0.99))}`,
    },
  ]
}

/** From the deploy request to the first answer, and from a start after `kill -9` to the next one (P9). */
export async function startRows(subject: Subject): Promise<readonly Row[]> {
  const { daemon } = subject
  const image = await testImage('fn')
  const deploys: number[] = []
  for (let round = 0; round < DEPLOYS; round += 1) {
    const service = `fresh-${round}`
    const startMs = performance.now()
    await daemon.deploy({ service, image })
    const { status } = await daemon.call(`${service}/status/200`)
    deploys.push(performance.now() - startMs)
    if (status !== 200) throw new Error(`${service} answered ${status}`)
    await daemon.remove(service)
  }
  await eventually(async () => (await daemon.containers()).length === 1, 30_000, 'only the subject is left')

  const before = await daemon.containers('running')
  await daemon.end('SIGKILL')
  const startMs = performance.now()
  await daemon.launch()
  await eventually(
    async () => (await daemon.call('subject/status/200')).status === 200,
    20_000,
    'calls are served again',
  )
  const adoptionMs = performance.now() - startMs
  const after = await daemon.containers('running')
  const same = JSON.stringify(before) === JSON.stringify(after)
  return [
    { what: '   deploy to first answer, p50 of 10', measured: ms(median(deploys)) },
    {
      what: 'P9 served again after kill -9 and start',
      measured: `${ms(adoptionMs)}, ${same ? 'same' : 'OTHER'} containers`,
      target: '≤ 2 s, same',
      reached: same && adoptionMs <= 2_000,
    },
  ]
}

const ms = (value: number) => `${value.toFixed(1)} ms`
const mib = (bytes: number) => `${(bytes / MIB).toFixed(1)} MB`
