import type { FunctionName } from '../core/function-name.ts'
import { DURATION_BUCKETS, type CallSeries, type FunctionCalls } from '../metrics.ts'

/**
 * Statuses of one function that are told apart. A function may answer any of 900, at the wish of its callers,
 * and each is 14 lines for whoever scrapes: honest ones use a dozen.
 */
const MOST_STATUSES = 32

/** Calls of one function that ended with one status. */
class StatusCount implements CallSeries {
  readonly code: number
  count = 0
  seconds = 0
  readonly buckets = new Uint32Array(DURATION_BUCKETS.length + 1)

  constructor(code: number) {
    this.code = code
  }
}

/** What is counted of one function: plain numbers, written on every call and read when somebody scrapes. */
export class CallMetrics implements FunctionCalls {
  readonly fn: FunctionName
  started = 0
  inFlight = 0
  readonly #byStatus = new Map<number, StatusCount>()

  constructor(fn: FunctionName) {
    this.fn = fn
  }

  get series(): Iterable<CallSeries> {
    return this.#byStatus.values()
  }

  /** Calls that ended, whatever their status. */
  get ended(): number {
    let sum = 0
    for (const { count } of this.#byStatus.values()) sum += count
    return sum
  }

  begin(): void {
    this.started += 1
    this.inFlight += 1
  }

  /** `ms` is without the time that the call waited for a replica. */
  end(code: number, ms: number): void {
    this.inFlight -= 1
    const status = this.#byStatus.get(code) ?? this.#countFor(code)
    const seconds = ms / 1_000
    status.count += 1
    status.seconds += seconds
    const bucket = bucketOf(seconds)
    status.buckets[bucket] = (status.buckets[bucket] ?? 0) + 1
  }

  /**
   * Above the most, a status that is new counts as the first one of its class (RFC 9110, 15: what one does
   * not know means that).
   */
  #countFor(code: number): StatusCount {
    const counted = this.#byStatus.size < MOST_STATUSES ? code : code - (code % 100)
    const status = this.#byStatus.get(counted) ?? new StatusCount(counted)
    this.#byStatus.set(counted, status)
    return status
  }
}

function bucketOf(seconds: number): number {
  let bucket = 0
  while (bucket < DURATION_BUCKETS.length && seconds > (DURATION_BUCKETS[bucket] ?? 0)) bucket += 1
  return bucket
}
