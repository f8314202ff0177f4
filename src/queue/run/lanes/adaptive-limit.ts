const PAUSE_MS = 250

/** Without a refusal for so long, one call more is tried. */
const PROBE_MS = 10_000

/**
 * How many calls of a function run at a time, found by trying: it grows with each success until a replica says
 * that it is busy (429), and then carefully. `nowMs`: of a clock that only grows.
 */
export class AdaptiveLimit {
  #limit = 1
  #isCareful = false
  #pausedUntilMs = 0
  #lastChangeMs = 0
  #replicas = 0

  /** `most`: the limit that others set. */
  limit(most: number, nowMs: number): number {
    if (nowMs < this.#pausedUntilMs) return 0
    return Math.max(1, Math.min(this.#limit, most))
  }

  /** 0: not paused. */
  get pausedUntilMs(): number {
    return this.#pausedUntilMs
  }

  succeeded(most: number, nowMs: number): void {
    if (this.#limit >= most) {
      this.#limit = most
      return
    }
    if (!this.#isCareful) this.#limit += 1
    else if (nowMs - this.#lastChangeMs >= PROBE_MS) {
      this.#limit += 1
      this.#lastChangeMs = nowMs
    }
  }

  /** A replica said that it is busy. `waitMs`: how long it asks for; null: it does not say. */
  refused(waitMs: number | null, nowMs: number): void {
    // Those that were sent together are refused together: they count as one.
    const isAnother = nowMs >= this.#pausedUntilMs
    this.#pausedUntilMs = Math.max(this.#pausedUntilMs, nowMs + (waitMs ?? PAUSE_MS))
    if (!isAnother) return
    this.#limit = Math.max(1, Math.floor(this.#limit * 0.75))
    this.#isCareful = true
    this.#lastChangeMs = nowMs
  }

  /** What was found for some replicas holds in proportion for others. */
  replicasAre(count: number): void {
    if (count === this.#replicas || count === 0) return
    if (this.#replicas > 0 && this.#isCareful)
      this.#limit = Math.max(1, Math.ceil((this.#limit * count) / this.#replicas))
    this.#replicas = count
  }
}
