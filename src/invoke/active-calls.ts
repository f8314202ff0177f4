import type { Clock } from '../clock.ts'

/** A call as `ActiveCalls` sees it. Neither method may throw. */
export interface ActiveCall {
  /** Links of an intrusive list; only `ActiveCalls` touches them. */
  before: ActiveCall | null
  after: ActiveCall | null
  /** Ends itself if one of its limits of time has passed. */
  check(nowMs: number): void
  /** Ends at once. */
  abort(): void
}

/** How often limits are checked: an eighth of the shortest limit, within these bounds. */
const SHORTEST_SWEEP_MS = 5
const LONGEST_SWEEP_MS = 250

/**
 * All calls in flight. One timer checks the limits of all of them, a few times a second and only while there
 * are calls: a timer per limit and call would cost more than the rest of the accounting together. It is a
 * linked list because a `Set` that changes this fast keeps ended calls alive in its old tables, which cost 10
 * µs of garbage collection per call (docs/decisions/0003).
 */
export class ActiveCalls {
  readonly #clock: Clock
  readonly #sweepMs: number
  #first: ActiveCall | null = null
  #size = 0
  #isArmed = false
  #onEmpty: (() => void) | null = null

  /** `limitsMs`: the limits that calls check, 0 for none. */
  constructor(clock: Clock, limitsMs: readonly number[]) {
    const shortest = Math.min(...limitsMs.filter((limit) => limit > 0), Infinity)
    this.#clock = clock
    this.#sweepMs = Math.min(LONGEST_SWEEP_MS, Math.max(SHORTEST_SWEEP_MS, shortest / 8))
  }

  /** Calls under way. */
  get size(): number {
    return this.#size
  }

  add(call: ActiveCall): void {
    this.#size += 1
    const next = this.#first
    call.after = next
    if (next !== null) next.before = call
    this.#first = call
    if (!this.#isArmed) this.#arm()
  }

  /** Call it once for each call that was added. */
  delete(call: ActiveCall): void {
    const { before, after } = call
    this.#size -= 1
    if (before === null) this.#first = after
    else before.after = after
    if (after !== null) after.before = before
    call.before = null
    call.after = null
    if (this.#first === null && this.#onEmpty !== null) this.#onEmpty()
  }

  /** Resolves when no call is left. When `signal` aborts, the remaining calls are ended. */
  drain(signal: AbortSignal): Promise<void> {
    if (this.#first === null) return Promise.resolve()
    return new Promise((resolve) => {
      const end = (): void => this.#each((call) => call.abort())
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
    this.#each((call) => call.check(nowMs))
    if (this.#first !== null) this.#arm()
  }

  /** `action` may end only the call that it is given. */
  #each(action: (call: ActiveCall) => void): void {
    let call = this.#first
    while (call !== null) {
      const next: ActiveCall | null = call.after
      action(call)
      call = next
    }
  }
}
