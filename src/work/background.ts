import type { Log } from '../log.ts'

/**
 * Work that nobody waits for, except the end: no promise floats, every failure is logged, `settled` waits for
 * all of it.
 */
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
