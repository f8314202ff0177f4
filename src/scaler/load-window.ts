/** What was counted of one function's calls since the start. */
export interface CallCounters {
  readonly started: number
  readonly ended: number
  /** Now, those that wait for a replica included. */
  readonly inFlight: number
  /** Seconds that the ended calls took together. */
  readonly seconds: number
  /** Most calls in flight since this was last asked. */
  takePeak(): number
  /** Ended calls by how long they took, a count for each of `durationBounds` and one for the rest. */
  durations(): ArrayLike<number>
  /** Seconds. */
  readonly durationBounds: readonly number[]
}

/** Seconds that are remembered. */
const LENGTH = 60
/** Over which durations are looked at. */
const LATENCY_SECONDS = 30

/**
 * The last minute of one function's calls, a number for each second. Counters are read once a second, so that
 * a call pays nothing; the most calls in flight are exact all the same, since the counter keeps their peak.
 */
export class LoadWindow {
  readonly #ended = new Uint32Array(LENGTH)
  readonly #peaks = new Uint32Array(LENGTH)
  readonly #seconds = new Float64Array(LENGTH)
  #second: number
  #startedBefore = 0
  #endedBefore = 0
  #secondsBefore = 0
  /** Of the last half minute, where somebody asks for percentiles. */
  readonly #durations: (readonly [second: number, counts: ArrayLike<number>])[] = []
  #bounds: readonly number[] = []

  /** Of counters that were at zero until this second. */
  constructor(second: number) {
    this.#second = second
  }

  /** Whether calls began or ended since the last sample, or are under way. */
  hasNews({ started, ended, inFlight }: CallCounters): boolean {
    return inFlight > 0 || started !== this.#startedBefore || ended !== this.#endedBefore
  }

  /** Reads the counters in the course of this second, as often as wanted. */
  sample(second: number, counters: CallCounters): void {
    for (; this.#second < second; this.#second += 1) {
      if (second - this.#second > LENGTH) this.#second = second - LENGTH
      this.#clear((this.#second + 1) % LENGTH)
    }
    const at = this.#second % LENGTH
    this.#ended[at] = (this.#ended[at] ?? 0) + counters.ended - this.#endedBefore
    this.#seconds[at] = (this.#seconds[at] ?? 0) + counters.seconds - this.#secondsBefore
    this.#peaks[at] = Math.max(this.#peaks[at] ?? 0, counters.takePeak(), counters.inFlight)
    this.#startedBefore = counters.started
    this.#endedBefore = counters.ended
    this.#secondsBefore = counters.seconds
  }

  /** Remembers how long calls took, for `p95`. */
  sampleDurations(counters: CallCounters): void {
    this.#bounds = counters.durationBounds
    this.#durations.push([this.#second, counters.durations()])
    while ((this.#durations[0]?.[0] ?? Infinity) < this.#second - LATENCY_SECONDS) this.#durations.shift()
  }

  /** Calls that ended per second, over the last full seconds. */
  rps(seconds: number): number {
    return this.#sum(this.#ended, seconds) / seconds
  }

  /** Most calls in flight at any moment of the last seconds, this one included. */
  peak(seconds: number): number {
    let most = 0
    for (let back = 0; back <= seconds && back < LENGTH; back += 1)
      most = Math.max(most, this.#peaks[this.#at(back)] ?? 0)
    return most
  }

  /** Mean duration of calls in milliseconds, over the last full seconds; 0 when none ended. */
  latencyMs(seconds: number): number {
    const ended = this.#sum(this.#ended, seconds)
    return ended === 0 ? 0 : (this.#sum(this.#seconds, seconds) / ended) * 1_000
  }

  /**
   * 95 of 100 calls of the last half minute took no longer, in milliseconds: the upper of the bounds between
   * which that is. Infinity above the last one, 0 without calls.
   */
  get p95Ms(): number {
    const [first, last] = [this.#durations[0]?.[1] ?? [], this.#durations.at(-1)?.[1] ?? []]
    const counts = Array.from(last, (count, at) => count - (first[at] ?? 0))
    const all = counts.reduce((sum, count) => sum + count, 0)
    if (all === 0) return 0
    let below = 0
    const bucket = counts.findIndex((count) => (below += count) >= 0.95 * all)
    return (this.#bounds[bucket] ?? Infinity) * 1_000
  }

  /** No call was under way for as long as is remembered. */
  get isSilent(): boolean {
    return this.peak(LENGTH) === 0
  }

  /** Where the number of the second so many before this one is. */
  #at(back: number): number {
    return (this.#second - back + LENGTH) % LENGTH
  }

  #sum(counts: Uint32Array | Float64Array, seconds: number): number {
    let sum = 0
    for (let back = 1; back <= seconds && back < LENGTH; back += 1) sum += counts[this.#at(back)] ?? 0
    return sum
  }

  #clear(at: number): void {
    this.#ended[at] = 0
    this.#seconds[at] = 0
    this.#peaks[at] = 0
  }
}
