/**
 * Work by key: one run per key at a time, several keys in parallel. A key that is asked for while it runs
 * runs once more afterwards, so no change goes unseen. This is the reconciler's set of dirty functions and
 * its workers in one.
 */
export class WorkQueue<K> {
  readonly #work: (key: K) => Promise<void>
  readonly #parallel: number
  /** Insertion order is the order of work. */
  readonly #waiting = new Set<K>()
  readonly #running = new Map<K, Promise<void>>()
  #stopped = false

  /** `work` must not throw. */
  constructor(parallel: number, work: (key: K) => Promise<void>) {
    this.#parallel = parallel
    this.#work = work
  }

  add(key: K): void {
    if (this.#stopped) return
    this.#waiting.add(key)
    this.#pump()
  }

  /** Drops what waits; resolves when what runs has ended. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#waiting.clear()
    await Promise.allSettled(this.#running.values())
  }

  #pump(): void {
    for (const key of this.#waiting) {
      if (this.#running.size >= this.#parallel) return
      if (this.#running.has(key)) continue
      this.#waiting.delete(key)
      const run = this.#work(key).finally(() => {
        this.#running.delete(key)
        this.#pump()
      })
      this.#running.set(key, run)
    }
  }
}
