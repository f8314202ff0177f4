import type { Log } from '../log.ts'

/** Work whose result nobody awaits: every failure is logged, and `settled` waits for all of it at the end. */
export class Background {
  readonly #log: Log
  readonly #running = new Set<Promise<void>>()

  constructor(log: Log) {
    this.#log = log
  }

  /** `doing` completes "background work failed: …" in the log. */
  run(doing: string, work: () => Promise<void>): void {
    const run = work()
      .catch((err: unknown) => this.#log.error('background work failed', { doing, err }))
      .finally(() => this.#running.delete(run))
    this.#running.add(run)
  }

  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running)
  }
}
