import { setTimeout as sleep } from 'node:timers/promises'
import { CallbackReceiver } from '../test/e2e/callback-receiver.ts'
import { DaemonProcess } from '../test/e2e/daemon-process.ts'
import { metricsOf } from '../test/e2e/metrics-of.ts'
import { natsPid } from '../test/e2e/own-nats.ts'
import { eventually } from '../test/fakes/eventually.ts'
import { testImage } from '../test/fixtures/images.ts'
import { cpuDuring, residentBytes, writtenBytes } from '../test/fixtures/process-usage.ts'
import type { Effort } from './call-rows.ts'
import { publishRate } from './queue-floor.ts'
import { median, type Row } from './table.ts'
import { load } from './wrk.ts'

const MIB = 1024 ** 2
const CLIENTS = 64
const BACKLOG = 100_000
/** nats-server writes what it remembers of its streams two minutes after their last change. */
const SETTLE_WRITES_S = 180
const SETTLE_MS = 5_000
/** What a busy moment of the machine may add to a call beside its turn. */
const TURN_MS = 1_000
const SLOW_CALLS = 2_000
const FAST_CALLS = 10
const PENDING = 'queue_worker_pending_messages{queue_name="faas-request",function_name="hello.openfaas-fn"}'
const PROCESSED = 'queue_worker_messages_processed_total{queue_name="faas-request"}'

/** A daemon with its own nats-server, and the processes of both. */
interface Subject {
  readonly daemon: DaemonProcess
  readonly pids: { readonly daemon: number; readonly nats: number }
}

/** What asynchronous calls cost, beside plain publishing into a stream of the same server on the same disk. */
export async function queueRows(effort: Effort): Promise<readonly Row[]> {
  using receiver = await CallbackReceiver.start()
  await using daemon = await DaemonProcess.start({ SAMPAN_ASYNC: 'on', SAMPAN_CALLBACK_ALLOW: '127.0.0.1' })
  const image = await testImage('fn-watchdog')
  const annotations = { 'com.openfaas.queue.max-backlog': '999999' }
  for (const service of ['hello', 'slow', 'fast']) {
    await daemon.deploy({ service, image, annotations, envVars: { exec_timeout: '1m' } })
    await (await daemon.call(`${service}/id`)).arrayBuffer()
  }
  const subject = { daemon, pids: { daemon: daemon.pid, nats: await natsPid(daemon) } }
  const idle = [await idleRow(subject), await writesRow(subject)]
  const floor = await publishRate(CLIENTS, effort.seconds)
  await daemon.must('POST', '/system/async/queues/faas-request/pause')
  const accepting = await acceptRows(subject, effort, floor)
  const backlog = await backlogRows(subject)
  const draining = await drainRows(subject, effort)
  return [...idle, ...accepting, ...backlog, ...draining, await turnRow(subject, receiver)]
}

async function idleRow({ pids }: Subject): Promise<Row> {
  await sleep(SETTLE_MS)
  const [daemon, nats] = [await residentBytes(pids.daemon), await residentBytes(pids.nats)]
  return {
    what: 'queue: resident, idle: daemon and nats-server',
    measured: `${mib(daemon + nats)} (${mib(daemon)}, ${mib(nats)})`,
    target: '≤ 120 MB',
    reached: daemon + nats <= 120 * MIB,
  }
}

/** What wears a card out while nothing happens. `SAMPAN_BENCH_IDLE` is seconds; the first two minutes are those of what was done before. */
async function writesRow({ pids }: Subject): Promise<Row> {
  const seconds = Number(process.env['SAMPAN_BENCH_IDLE'] ?? 30)
  await sleep(Math.min(seconds, SETTLE_WRITES_S) * 1_000)
  const written = async (): Promise<number> =>
    (await writtenBytes(pids.daemon)) + (await writtenBytes(pids.nats))
  const before = await written()
  await sleep(seconds * 1_000)
  const bytes = (await written()) - before
  return {
    what: `queue: written to disks, idle for ${seconds} s: daemon and nats-server`,
    measured: `${bytes} bytes`,
    target: '0',
    reached: bytes === 0,
  }
}

/** The queue is paused: nothing else is done. */
async function acceptRows(
  subject: Subject,
  { seconds, rounds }: Effort,
  floor: number,
): Promise<readonly Row[]> {
  const url = `${subject.daemon.url}/async-function/hello/status/200?body=hello`
  const accept = () => load({ url, connections: CLIENTS, seconds, post: 'hello' })
  await accept()
  const rates: number[] = []
  const costs: string[] = []
  for (let round = 0; round < rounds; round += 1) {
    const { result, micros } = await cpuDuring(subject.pids, accept)
    if (result.failed > 0) throw new Error(`${result.failed} calls were not accepted`)
    rates.push(result.callsPerSecond)
    costs.push(`${each(micros.daemon, result.calls)}, ${each(micros.nats, result.calls)}`)
  }
  const rate = median(rates)
  return [
    {
      what: `queue: accepted/s, on the disk, ${CLIENTS} clients`,
      measured: `${Math.round(rate)}/s`,
      target: '≥ 2000/s',
      reached: rate >= 2_000,
    },
    {
      what: `   plain publish, sync_interval always, ${CLIENTS} publishers`,
      measured: `${Math.round(floor)}/s (${(rate / floor).toFixed(2)} of it)`,
    },
    { what: '   CPU per accepted call: daemon, nats-server', measured: costs.at(-1) ?? '' },
  ]
}

/** Memory with few calls that wait, and with very many. */
async function backlogRows(subject: Subject): Promise<readonly Row[]> {
  const { daemon, pids } = subject
  const memory = async () => [await residentBytes(pids.daemon), await residentBytes(pids.nats)] as const
  const before = await memory()
  const at = await pending(subject)
  const url = `${daemon.url}/async-function/hello/status/200?body=hello`
  while ((await pending(subject)) < BACKLOG)
    await load({ url, connections: CLIENTS, seconds: 5, post: 'hello' })
  const after = await memory()
  const show = ([one, other]: readonly [number, number]): string => `${mib(one)}, ${mib(other)}`
  return [
    {
      what: `queue: daemon grows by, from ${at} to ${BACKLOG} calls that wait`,
      measured: mib(after[0] - before[0]),
      target: '≤ 50 MB',
      reached: after[0] - before[0] <= 50 * MIB,
    },
    { what: '   resident before: daemon, nats-server', measured: show(before) },
    { what: `   with ${BACKLOG}`, measured: show(after) },
  ]
}

/** The backlog is worked off, alone, and with calls that wait for their answer beside it. */
async function drainRows(subject: Subject, { seconds }: Effort): Promise<readonly Row[]> {
  const { daemon, pids } = subject
  const url = `${daemon.url}/function/hello/status/200?body=hello`
  const calls = () => load({ url, connections: 16, seconds })
  await calls()
  const alone = await calls()
  await daemon.must('POST', '/system/async/queues/faas-request/resume')
  await sleep(SETTLE_MS)
  const { result, micros } = await cpuDuring(pids, () => executed(subject, () => sleep(seconds * 2_000)))
  let beside = alone
  const shared = await executed(subject, async () => void (beside = await calls()))
  const peak = [await residentBytes(pids.daemon), await residentBytes(pids.nats)]
  await daemon.must('DELETE', '/system/async/queues/faas-request?function=hello')
  await eventually(async () => (await pending(subject)) === 0, 600_000, 'the backlog is gone')
  return [
    {
      what: 'queue: drained/s, hello function',
      measured: `${Math.round(result.rate)}/s`,
      target: '≥ 1000/s',
      reached: result.rate >= 1_000,
    },
    {
      what: '   CPU per drained call: daemon, nats-server',
      measured: `${each(micros.daemon, result.count)}, ${each(micros.nats, result.count)}`,
    },
    { what: '   resident meanwhile: daemon, nats-server', measured: peak.map(mib).join(', ') },
    { what: '   calls with an answer, alone: rate, p50, p99', measured: figures(alone) },
    {
      what: '   while the queue drains',
      measured: `${figures(beside)}; drained ${Math.round(shared.rate)}/s`,
    },
    {
      what: '   failed meanwhile',
      measured: String(beside.failed),
      target: '0',
      reached: beside.failed === 0,
    },
  ]
}

/** Calls of a slow function wait in thousands; those of a fast one come in between. */
async function turnRow({ daemon }: Subject, receiver: CallbackReceiver): Promise<Row> {
  const slow = `${daemon.url}/async-function/slow/sleep/${TURN_MS}ms`
  for (let at = 0; at < SLOW_CALLS; at += CLIENTS)
    await Promise.all(Array.from({ length: CLIENTS }, () => post(slow)))
  const running = async (): Promise<boolean> => {
    const name =
      'queue_worker_function_invocation_inflight{queue_name="faas-request",function_name="slow.openfaas-fn"}'
    return ((await metricsOf(daemon)).get(name) ?? 0) >= 30
  }
  await eventually(running, 60_000, 'the slow ones have all places that they may have')
  const times: number[] = []
  for (let at = 0; at < FAST_CALLS; at += 1) {
    const id = `fast-${at}`
    const beganMs = performance.now()
    await post(`${daemon.url}/async-function/fast/id`, { 'x-call-id': id, 'x-callback-url': receiver.url })
    await eventually(() => receiver.times.has(id), 60_000, 'it is called back')
    times.push(performance.now() - beganMs)
  }
  await daemon.must('DELETE', '/system/async/queues/faas-request?function=slow')
  const most = Math.max(...times)
  return {
    what: `queue: a fast call behind ${SLOW_CALLS} of 1 s, until its callback: p50, most`,
    measured: `${median(times).toFixed(0)} ms, ${most.toFixed(0)} ms`,
    target: `≤ ${TURN_MS} ms`,
    reached: most <= TURN_MS,
  }
}

async function post(url: string, headers: Readonly<Record<string, string>> = {}): Promise<void> {
  const answer = await fetch(url, { method: 'POST', headers })
  await answer.arrayBuffer()
  if (answer.status !== 202) throw new Error(`${url} was answered with ${answer.status}`)
}

async function pending({ daemon }: Subject): Promise<number> {
  return (await metricsOf(daemon)).get(PENDING) ?? 0
}

/** Executions that ended while `work` ran, and how many a second. */
async function executed(
  { daemon }: Subject,
  work: () => Promise<void>,
): Promise<{ readonly count: number; readonly rate: number }> {
  const look = async () => (await metricsOf(daemon)).get(PROCESSED) ?? 0
  const [before, beganMs] = [await look(), performance.now()]
  await work()
  const count = (await look()) - before
  return { count, rate: count / ((performance.now() - beganMs) / 1_000) }
}

const each = (micros: number, count: number) => `${(micros / count).toFixed(0)} µs`
const mib = (bytes: number) => `${(bytes / MIB).toFixed(1)} MB`
const figures = ({ callsPerSecond, p50Ms, p99Ms }: Awaited<ReturnType<typeof load>>) =>
  `${Math.round(callsPerSecond)}/s, ${p50Ms.toFixed(1)} ms, ${p99Ms.toFixed(1)} ms`
