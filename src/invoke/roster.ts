import type { Clock } from '../clock.ts'

/** A call as the roster sees it. Neither may throw. */
export interface Sweepable {
  /** Ends itself if one of its limits of time has passed. */
  check(nowMs: number): void
  /** Ends at once. */
  abort(): void
}

/** How often limits are looked at: an eighth of the shortest, within these bounds. */
const SHORTEST_SWEEP_MS = 5
const LONGEST_SWEEP_MS = 250

/**
 * All calls under way. One timer looks at the limits of all of them, a few times a second and only while there are calls: a timer for
 * each limit of each call costs more than the rest of the accounting together.
 */
export class Roster {
  readonly #clock: Clock
  readonly #sweepMs: number
  readonly #calls = new Set<Sweepable>()
  #isArmed = false
  #onEmpty: (() => void) | null = null

  /** `limitsMs`: the limits that calls check, 0 for none. */
  constructor(clock: Clock, limitsMs: readonly number[]) {
    const shortest = Math.min(...limitsMs.filter((limit) => limit > 0), Infinity)
    this.#clock = clock
    this.#sweepMs = Math.min(LONGEST_SWEEP_MS, Math.max(SHORTEST_SWEEP_MS, shortest / 8))
  }

  add(call: Sweepable): void {
    this.#calls.add(call)
    if (!this.#isArmed) this.#arm()
  }

  delete(call: Sweepable): void {
    this.#calls.delete(call)
    if (this.#onEmpty !== null && this.#calls.size === 0) this.#onEmpty()
  }

  /** Resolves when no call is left; those that run when `signal` aborts are ended then. */
  drain(signal: AbortSignal): Promise<void> {
    if (this.#calls.size === 0) return Promise.resolve()
    return new Promise((resolve) => {
      const end = (): void => {
        for (const call of this.#calls) call.abort()
      }
      this.#onEmpty = () => {
        signal.removeEventListener('abort', end)
        this.#onEmpty = null
        resolve()
      }
      if (signal.aborted) end()
      else signal.addEventListener('abort', end, { once: true })
    })
  }

  #arm(): void {
    this.#isArmed = true
    this.#clock.after(this.#sweepMs, () => this.#sweep())
  }

  #sweep(): void {
    this.#isArmed = false
    const nowMs = this.#clock.now()
    for (const call of this.#calls) call.check(nowMs)
    if (this.#calls.size > 0) this.#arm()
  }
}
