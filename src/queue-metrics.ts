import type { FunctionName } from './core/functions/function-name.ts'
import { DEATH_REASONS } from './core/calls/queued-call.ts'

/** The calls of a function in a queue. */
export interface LaneFigures {
  readonly queue: string
  readonly fn: FunctionName
  /** Those that wait for another try included. */
  readonly waiting: number
  readonly inFlight: number
}

/** What asynchronous calls count, and how it stands. `assemble/` plugs it. */
export interface QueueMetricSources {
  /** Since the start. */
  readonly figures: {
    readonly cancelled: number
    readonly executed: Readonly<Record<string, number>>
    readonly callbacks: Readonly<Record<string, number>>
    readonly dead: ReadonlyMap<string, number>
    readonly queues: ReadonlyMap<string, { readonly accepted: number; readonly executed: number }>
  }
  readonly stock: () => {
    readonly lanes: Iterable<LaneFigures>
    readonly outboxCalls: number
    readonly spoolBytes: number
  }
  readonly nats: () => {
    readonly isUp: boolean
    readonly reconnects: number
    readonly restarts: Readonly<Record<string, number>>
  }
}

/** As those of the budgets. */
type PlainMetric = readonly [name: string, help: string, read: () => number]

/** One line of a metric with labels. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** A metric with labels: what only grows has a name that ends with `_total`. */
export interface LabelledMetric {
  readonly name: string
  readonly help: string
  readonly labelNames: readonly string[]
  readonly read: () => Iterable<Sample>
}

/** Pairs of queue and function that are shown one by one; those of all others are one. */
const MOST_LANES = 1_000
const OTHER = { queue_name: 'other', function_name: 'other' } as const

/** Those without labels. */
export function plainQueueMetrics({ figures, stock, nats }: QueueMetricSources): readonly PlainMetric[] {
  return [
    ['queue_worker_nats_reconnect_total', 'Connections to NATS after the first', () => nats().reconnects],
    ['sampan_nats_up', 'Whether asynchronous calls can be stored and made', () => (nats().isUp ? 1 : 0)],
    ['sampan_async_cancelled_total', 'Asynchronous calls cancelled', () => figures.cancelled],
    ['sampan_async_outbox_calls', 'Accepted calls that wait for NATS', () => stock().outboxCalls],
    ['sampan_async_spool_bytes', 'Bodies and answers kept in files', () => stock().spoolBytes],
  ]
}

/** Names and labels are those of OpenFaaS's queue worker, then ours. */
export function labelledQueueMetrics(sources: QueueMetricSources): readonly LabelledMetric[] {
  const { figures, stock, nats } = sources
  const dead = (): Record<string, number> =>
    Object.fromEntries(DEATH_REASONS.map((reason) => [reason, figures.dead.get(reason) ?? 0]))
  return [
    perLane('queue_worker_pending_messages', 'Calls that wait', () => ofLanes(stock().lanes, 'waiting')),
    perLane('queue_worker_function_invocation_inflight', 'Asynchronous calls that run', () =>
      ofLanes(stock().lanes, 'inFlight'),
    ),
    perQueue('queue_worker_messages_submitted_total', 'Asynchronous calls accepted', () =>
      ofQueues(figures.queues, 'accepted'),
    ),
    perQueue('queue_worker_messages_processed_total', 'Executions that ended, tries included', () =>
      ofQueues(figures.queues, 'executed'),
    ),
    counts('sampan_async_executions_total', 'Executions by what came of them', {
      label: 'verdict',
      read: () => figures.executed,
    }),
    counts('sampan_async_dead_letters_total', 'Calls given up', { label: 'reason', read: dead }),
    counts('sampan_async_callbacks_total', 'Callbacks that ended', {
      label: 'outcome',
      read: () => figures.callbacks,
    }),
    counts('sampan_nats_restarts_total', 'Restarts of our own NATS server', {
      label: 'reason',
      read: () => nats().restarts,
    }),
  ]
}

function perLane(name: string, help: string, read: () => Iterable<Sample>): LabelledMetric {
  return { name, help, labelNames: ['queue_name', 'function_name'], read }
}

function perQueue(name: string, help: string, read: () => Iterable<Sample>): LabelledMetric {
  return { name, help, labelNames: ['queue_name'], read }
}

function counts(
  name: string,
  help: string,
  { label, read }: { readonly label: string; readonly read: () => Readonly<Record<string, number>> },
): LabelledMetric {
  const samples = (): readonly Sample[] =>
    Object.entries(read()).map(([key, value]) => ({ labels: { [label]: key }, value }))
  return { name, help, labelNames: [label], read: samples }
}

function* ofLanes(lanes: Iterable<LaneFigures>, figure: 'waiting' | 'inFlight'): Generator<Sample> {
  let shown = 0
  let rest = 0
  for (const lane of lanes) {
    shown += 1
    if (shown > MOST_LANES) rest += lane[figure]
    else yield { labels: { queue_name: lane.queue, function_name: lane.fn }, value: lane[figure] }
  }
  if (shown > MOST_LANES) yield { labels: OTHER, value: rest }
}

function* ofQueues(
  queues: QueueMetricSources['figures']['queues'],
  figure: 'accepted' | 'executed',
): Generator<Sample> {
  for (const [queue, values] of queues) yield { labels: { queue_name: queue }, value: values[figure] }
}
