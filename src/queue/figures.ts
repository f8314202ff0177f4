import type { FunctionName } from '../core/functions/function-name.ts'
import type { DeathReason } from '../core/calls/queued-call.ts'
import type { Verdict } from './job/verdict.ts'

/** What happened in a queue since the start. */
export interface QueueCounts {
  accepted: number
  /** Executions that ended, tries included. */
  executed: number
}

/** What there is of asynchronous calls. */
export interface QueueStock {
  readonly lanes: readonly {
    readonly queue: string
    readonly fn: FunctionName
    /** Those that wait for another try included. */
    readonly waiting: number
    readonly inFlight: number
  }[]
  /** Accepted calls that wait for NATS. */
  readonly outboxCalls: number
  readonly spoolBytes: number
}

/** Names of queues come from annotations: what is counted by them must not grow with what is written there. */
const MOST_QUEUES = 100
const OTHER = 'other'

/** Counts since the start, for metrics. */
export class QueueFigures {
  cancelled = 0
  readonly executed: Record<Verdict['kind'], number> = { final: 0, retry: 0, defer: 0, dead: 0 }
  readonly callbacks: Record<'delivered' | 'failed', number> = { delivered: 0, failed: 0 }
  readonly dead = new Map<DeathReason, number>()
  readonly #queues = new Map<string, QueueCounts>()

  /** By queue; those that came late are one, `other`. */
  get queues(): ReadonlyMap<string, Readonly<QueueCounts>> {
    return this.#queues
  }

  acceptedIn(queue: string): void {
    this.#countsOf(queue).accepted += 1
  }

  /** An execution ended; `defer`: nobody took it, so there was none. */
  executedIn(queue: string, verdict: Verdict['kind']): void {
    this.executed[verdict] += 1
    if (verdict !== 'defer') this.#countsOf(queue).executed += 1
  }

  died(reason: DeathReason): void {
    this.dead.set(reason, (this.dead.get(reason) ?? 0) + 1)
  }

  #countsOf(queue: string): QueueCounts {
    const known = this.#queues.get(queue)
    if (known !== undefined) return known
    const name = this.#queues.size < MOST_QUEUES ? queue : OTHER
    const counts = this.#queues.get(name) ?? { accepted: 0, executed: 0 }
    this.#queues.set(name, counts)
    return counts
  }
}
