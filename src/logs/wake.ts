import { deferred, type Deferred } from '../clock.ts'

/**
 * A bell with one listener: rung while nobody waits, it is heard by the next who does. Many rings are one.
 */
export class Wake {
  #isRung = false
  #waiting: Deferred<void> | null = null

  ring(): void {
    this.#isRung = true
    this.#waiting?.resolve()
  }

  /** Resolves at the next ring. Who may leave rings it for the leaving too. */
  async heard(): Promise<void> {
    if (!this.#isRung) {
      this.#waiting = deferred()
      await this.#waiting.promise
      this.#waiting = null
    }
    this.#isRung = false
  }
}
