import { deferred, type Deferred } from '../../clock.ts'

/** A bell with one listener: rung while nobody waits, it is heard by the next who does. Many rings are one. */
export class Wake {
  #isRung = false
  #waiting: Deferred<void> | null = null

  ring(): void {
    this.#isRung = true
    this.#waiting?.resolve()
  }

  /** Resolves at the next ring, or when `signal` aborts. */
  async heard(signal: AbortSignal): Promise<void> {
    if (!this.#isRung && !signal.aborted) {
      const waiting = deferred<void>()
      this.#waiting = waiting
      const leave = () => waiting.resolve()
      signal.addEventListener('abort', leave, { once: true })
      await waiting.promise
      signal.removeEventListener('abort', leave)
      this.#waiting = null
    }
    this.#isRung = false
  }
}
