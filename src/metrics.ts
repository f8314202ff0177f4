import { readdirSync } from 'node:fs'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { budgetMetrics, edgeMetrics, type BudgetSources, type PlainMetric } from './budget-metrics.ts'
import type { EdgeFigures, SystemRequest } from './core/figures.ts'
import type { FunctionName } from './core/functions/function-name.ts'
import {
  labelledQueueMetrics,
  plainQueueMetrics,
  type LabelledMetric,
  type QueueMetricSources,
} from './queue-metrics.ts'
import { replicaMetrics, type FunctionReplicas } from './replica-metrics.ts'

/**
 * Every Prometheus metric, declared once. What is counted on the call path is kept by its owner in plain
 * numbers and read here when somebody scrapes: a call pays nothing for labels. Names and labels are those of
 * OpenFaaS (http-api, metrics) plus a few of our own.
 */

/** Upper bounds, seconds; the last bucket has none. */
export const DURATION_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const

/** Durations. */
export interface DurationSeries {
  readonly count: number
  /** Sum of all. */
  readonly seconds: number
  /** How many per bucket of `DURATION_BUCKETS`, and one more for the rest; not cumulative. */
  readonly buckets: ArrayLike<number>
}

/** Calls of one function that ended with one status. */
export interface CallSeries extends DurationSeries {
  readonly code: number
}

/** Waits for a replica to get ready, each of the calls that wait together. */
export interface WaitSeries extends DurationSeries {
  readonly failed: number
}

export interface FunctionCalls {
  readonly fn: FunctionName
  readonly started: number
  readonly inFlight: number
  readonly series: Iterable<CallSeries>
  /** Null: no call has had to wait for a replica. */
  readonly waits: WaitSeries | null
}

/** Where the figures come from. `assemble/` plugs it. */
export interface MetricSources {
  calls(): Iterable<FunctionCalls>
  replicas(): Iterable<FunctionReplicas>
  readonly budgets: BudgetSources
}

export class Metrics {
  readonly #registry = new Registry()
  readonly #sources: MetricSources
  /** While the text is being made. */
  #replicas: readonly FunctionReplicas[] | null = null
  readonly #requests: Counter<'code' | 'method' | 'path'>
  readonly #durations: Histogram<'code' | 'method' | 'path'>

  constructor(sources: MetricSources) {
    this.#sources = sources
    const registers = [this.#registry]
    const labelNames = ['code', 'method', 'path'] as const
    this.#requests = new Counter({
      name: 'provider_http_requests_total',
      help: 'Requests to system routes that were answered',
      labelNames,
      registers,
    })
    this.#durations = new Histogram({
      name: 'provider_http_request_duration_seconds',
      help: 'Time to answer a request to a system route',
      labelNames,
      buckets: [...DURATION_BUCKETS],
      registers,
    })
    declareCallMetrics(this.#registry, sources)
    declareLabelledMetrics(
      this.#registry,
      replicaMetrics(() => this.#replicas ?? sources.replicas()),
    )
    declarePlainMetrics(this.#registry, budgetMetrics(sources.budgets))
    declareProcessMetrics(this.#registry)
  }

  /** Shows clients' connections as well, from now on. Once. */
  watchEdge(edge: () => EdgeFigures): void {
    declarePlainMetrics(this.#registry, edgeMetrics(edge, this.#sources.budgets.limits))
  }

  /** Shows asynchronous calls as well, from now on. Once. */
  watchQueue(sources: QueueMetricSources): void {
    declarePlainMetrics(this.#registry, plainQueueMetrics(sources))
    declareLabelledMetrics(this.#registry, labelledQueueMetrics(sources))
  }

  /** Counts a request to a system route. */
  observe({ method, path, code, seconds }: SystemRequest): void {
    const labels = { method, path, code: String(code) }
    this.#requests.inc(labels)
    this.#durations.observe(labels, seconds)
  }

  /** Everything in Prometheus' text format. */
  async render(): Promise<{ readonly contentType: string; readonly body: string }> {
    const own = callDurations(this.#sources.calls())
    // Each metric is read in the turn in which the text is asked for: one walk over all functions is enough.
    this.#replicas = [...this.#sources.replicas()]
    const text = this.#registry.metrics()
    this.#replicas = null
    return { contentType: this.#registry.contentType, body: `${await text}\n${own}` }
  }
}

function declareCallMetrics(registry: Registry, sources: MetricSources): void {
  const registers = [registry]
  const perCode = ['function_name', 'code'] as const
  const perFunction = ['function_name'] as const

  new Counter({
    name: 'gateway_function_invocation_total',
    help: 'Calls of a function that ended, by status',
    labelNames: perCode,
    registers,
    collect() {
      this.reset()
      for (const { fn, series } of sources.calls()) {
        for (const { code, count } of series) this.inc({ function_name: fn, code: String(code) }, count)
      }
    },
  })
  new Counter({
    name: 'gateway_function_invocation_started',
    help: 'Calls of a function that began',
    labelNames: perFunction,
    registers,
    collect() {
      this.reset()
      for (const { fn, started } of sources.calls()) this.inc({ function_name: fn }, started)
    },
  })
  new Counter({
    name: 'sampan_wake_failures_total',
    help: 'Waits for a replica that ended without one',
    labelNames: perFunction,
    registers,
    collect() {
      this.reset()
      for (const { fn, waits } of sources.calls()) {
        if (waits !== null) this.inc({ function_name: fn }, waits.failed)
      }
    },
  })
  new Gauge({
    name: 'gateway_function_invocation_inflight',
    help: 'Calls of a function that run or wait now',
    labelNames: perFunction,
    registers,
    collect() {
      this.reset()
      for (const { fn, inFlight } of sources.calls()) this.set({ function_name: fn }, inFlight)
    },
  })
}

/**
 * Written by hand: the library's histogram can only be filled value by value. Names need no escaping, they
 * are DNS labels.
 */
function callDurations(calls: Iterable<FunctionCalls>): string {
  const called = [...calls]
  const durations = called.flatMap(({ fn, series }) =>
    [...series].map((one) => ({ labels: `function_name="${fn}",code="${one.code}"`, ...one })),
  )
  const waits = called.flatMap(({ fn, waits: of }) =>
    of === null ? [] : [{ labels: `function_name="${fn}"`, ...of }],
  )
  return [
    ...histogram(
      'gateway_functions_seconds',
      'Duration of calls, waiting for a replica not included',
      durations,
    ),
    ...histogram('sampan_wake_seconds', 'Time that calls waited for a replica to get ready', waits),
    '',
  ].join('\n')
}

function histogram(
  name: string,
  help: string,
  found: readonly (DurationSeries & { readonly labels: string })[],
): readonly string[] {
  const lines = [`# HELP ${name} ${help}`, `# TYPE ${name} histogram`]
  for (const { labels, count, seconds, buckets } of found) {
    let below = 0
    for (const [index, le] of DURATION_BUCKETS.entries()) {
      below += buckets[index] ?? 0
      lines.push(`${name}_bucket{le="${le}",${labels}} ${below}`)
    }
    lines.push(`${name}_bucket{le="+Inf",${labels}} ${count}`)
    lines.push(`${name}_sum{${labels}} ${seconds}`, `${name}_count{${labels}} ${count}`)
  }
  return lines
}

function declarePlainMetrics(registry: Registry, metrics: readonly PlainMetric[]): void {
  const [gauge, counter] = [gaugesIn(registry), countersIn(registry)]
  for (const [name, help, read] of metrics) (name.endsWith('_total') ? counter : gauge)(name, help, read)
}

function declareLabelledMetrics(registry: Registry, metrics: readonly LabelledMetric[]): void {
  for (const { name, help, labelNames, read } of metrics) {
    const options = { name, help, labelNames: [...labelNames], registers: [registry] }
    if (name.endsWith('_total')) {
      new Counter({
        ...options,
        collect() {
          this.reset()
          for (const { labels, value } of read()) this.inc({ ...labels }, value)
        },
      })
    } else {
      new Gauge({
        ...options,
        collect() {
          this.reset()
          for (const { labels, value } of read()) this.set({ ...labels }, value)
        },
      })
    }
  }
}

/**
 * The library's default set watches the event loop with a timer of its own; these are read only when asked.
 */
function declareProcessMetrics(registry: Registry): void {
  const gauge = gaugesIn(registry)
  const startedAtSeconds = Math.floor(performance.timeOrigin / 1_000)
  countersIn(registry)('process_cpu_seconds_total', 'Processor time of the daemon', () => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1e6
  })
  gauge('process_resident_memory_bytes', 'Resident memory of the daemon', () => process.memoryUsage.rss())
  gauge('process_start_time_seconds', 'Start of the daemon, seconds since the epoch', () => startedAtSeconds)
  gauge('process_open_fds', 'Open file descriptors of the daemon', () => readdirSync('/proc/self/fd').length)
  gauge(
    'nodejs_heap_size_used_bytes',
    'Used part of the JavaScript heap',
    () => process.memoryUsage().heapUsed,
  )
}

type Declare = (name: string, help: string, read: () => number) => void

/** Gauges without labels that are read when somebody scrapes. */
function gaugesIn(registry: Registry): Declare {
  return (name, help, read) =>
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read())
      },
    })
}

/** The same for what only grows. */
function countersIn(registry: Registry): Declare {
  return (name, help, read) =>
    new Counter({
      name,
      help,
      registers: [registry],
      collect() {
        this.reset()
        this.inc(read())
      },
    })
}
