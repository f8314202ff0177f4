import type { Clock } from '../clock.ts'

/** Smaller changes of the machine's clock do not matter to ages of days. */
const JUMP_MS = 3_600_000

/**
 * Tells when the machine's clock was set: a Raspberry Pi has none that runs while it is off, and learns the time from the
 * network minutes after its start. What was written meanwhile has stamps of another time.
 */
export class SteadyAge {
  readonly #clock: Clock
  #wallMs: number
  #steadyMs: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#wallMs = clock.wall()
    this.#steadyMs = clock.now()
  }

  /**
   * By how much the clock was set forward since the last time, and from when on stamps are those of the clock before.
   * Null: it was not.
   */
  jump(): { readonly byMs: number; readonly sinceMs: number } | null {
    const [wallMs, steadyMs] = [this.#clock.wall(), this.#clock.now()]
    const byMs = wallMs - this.#wallMs - (steadyMs - this.#steadyMs)
    if (Math.abs(byMs) <= JUMP_MS) return null
    const sinceMs = this.#wallMs
    this.#wallMs = wallMs
    this.#steadyMs = steadyMs
    return byMs > 0 ? { byMs, sinceMs } : null
  }
}
