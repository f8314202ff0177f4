import { type Clock, deferred, type Deferred } from '../../clock.ts'

export interface BellTimes {
  /** So long nothing must have rung before somebody looks: an editor writes a file in several steps. */
  readonly quietMs: number
  /** Who rings all the time is looked at all the same. */
  readonly longestMs: number
}

/** Somebody rings when something may have happened; somebody else looks when it has become quiet. */
export class Bell {
  readonly #clock: Clock
  readonly #times: BellTimes
  #firstMs: number | null = null
  #lastMs = 0
  #waiting: Deferred<void> | null = null

  constructor(clock: Clock, times: BellTimes) {
    this.#clock = clock
    this.#times = times
  }

  ring(): void {
    this.#lastMs = this.#clock.now()
    this.#firstMs ??= this.#lastMs
    this.#waiting?.resolve()
  }

  /** Resolves when it has rung since the last time and is quiet now. Rejects with the reason of `signal`. */
  async quiet(signal: AbortSignal): Promise<void> {
    while (this.#firstMs === null) await this.#rung(signal)
    for (;;) {
      signal.throwIfAborted()
      const untilMs = Math.min(this.#lastMs + this.#times.quietMs, this.#firstMs + this.#times.longestMs)
      const leftMs = untilMs - this.#clock.now()
      if (leftMs <= 0) break
      await this.#clock.sleep(leftMs, signal)
    }
    this.#firstMs = null
  }

  async #rung(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    const waiting = deferred<void>()
    this.#waiting = waiting
    const end = (): void => waiting.reject(signal.reason)
    signal.addEventListener('abort', end, { once: true })
    try {
      await waiting.promise
    } finally {
      signal.removeEventListener('abort', end)
      this.#waiting = null
    }
  }
}
