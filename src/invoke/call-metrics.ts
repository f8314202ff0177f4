import type { FunctionName } from '../core/functions/function-name.ts'
import { DURATION_BUCKETS, type CallSeries, type FunctionCalls, type WaitSeries } from '../metrics.ts'

/**
 * Most statuses of one function that are counted separately. Callers could make a function answer any of 900,
 * and each adds 14 lines to every scrape; ordinary functions use a dozen.
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

/** Waits for a replica that succeeded, and those that did not. */
class WaitCount implements WaitSeries {
  count = 0
  failed = 0
  seconds = 0
  readonly buckets = new Uint32Array(DURATION_BUCKETS.length + 1)
}

/** What is counted of one function: plain numbers, written on every call and read when somebody scrapes. */
export class CallMetrics implements FunctionCalls {
  readonly fn: FunctionName
  started = 0
  inFlight = 0
  /** Most calls in flight since `takePeak`. */
  #peak = 0
  #waits: WaitCount | null = null
  readonly #byStatus = new Map<number, StatusCount>()

  constructor(fn: FunctionName) {
    this.fn = fn
  }

  /** Null: no call has had to wait for a replica. */
  get waits(): WaitSeries | null {
    return this.#waits
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

  /** Seconds that all calls took together. */
  get seconds(): number {
    let sum = 0
    for (const { seconds } of this.#byStatus.values()) sum += seconds
    return sum
  }

  readonly durationBounds = DURATION_BUCKETS

  /** Calls in each of `DURATION_BUCKETS` and above, whatever their status. */
  durations(): Uint32Array {
    const sums = new Uint32Array(DURATION_BUCKETS.length + 1)
    for (const { buckets } of this.#byStatus.values()) {
      for (const [at, count] of buckets.entries()) sums[at] = (sums[at] ?? 0) + count
    }
    return sums
  }

  /** Most calls in flight since this was last asked, exactly. One may ask: it begins anew. */
  takePeak(): number {
    const peak = this.#peak
    this.#peak = this.inFlight
    return peak
  }

  begin(): void {
    this.started += 1
    this.inFlight += 1
    if (this.inFlight > this.#peak) this.#peak = this.inFlight
  }

  /** `ms` is without the time that the call waited for a replica. */
  end(code: number, ms: number): void {
    this.inFlight -= 1
    const status = this.#byStatus.get(code) ?? this.#countFor(code)
    countDuration(status, ms / 1_000)
  }

  /** Calls waited together for a replica to get ready, which took so long, or did not. */
  waited(ms: number, isReady: boolean): void {
    this.#waits ??= new WaitCount()
    if (isReady) countDuration(this.#waits, ms / 1_000)
    else this.#waits.failed += 1
  }

  /**
   * Above the maximum a new status counts as the first of its class (RFC 9110, 15: an unknown status means
   * the same).
   */
  #countFor(code: number): StatusCount {
    const counted = this.#byStatus.size < MOST_STATUSES ? code : code - (code % 100)
    const status = this.#byStatus.get(counted) ?? new StatusCount(counted)
    this.#byStatus.set(counted, status)
    return status
  }
}

function countDuration(counted: StatusCount | WaitCount, seconds: number): void {
  counted.count += 1
  counted.seconds += seconds
  const bucket = bucketOf(seconds)
  counted.buckets[bucket] = (counted.buckets[bucket] ?? 0) + 1
}

function bucketOf(seconds: number): number {
  let bucket = 0
  while (bucket < DURATION_BUCKETS.length && seconds > (DURATION_BUCKETS[bucket] ?? 0)) bucket += 1
  return bucket
}
