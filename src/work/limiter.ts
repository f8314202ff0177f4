/** At most `most` pieces of work at a time; the others wait in order. */
export class Limiter {
  readonly #most: number
  #running = 0
  /** In order of arrival; each is called when it gets a place. */
  readonly #waiting = new Set<() => void>()

  constructor(most: number) {
    this.#most = most
  }

  /**
   * Rejects with the signal's reason when it aborts before the work has begun. Work that has begun must watch
   * the signal itself.
   */
  async run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted()
    if (this.#running < this.#most) this.#running += 1
    // The place is handed over, not freed, so that nobody else can take it in between.
    else await this.#place(signal)
    try {
      return await work()
    } finally {
      this.#leave()
    }
  }

  #place(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const take = () => {
        signal?.removeEventListener('abort', leave)
        resolve()
      }
      const leave = () => {
        this.#waiting.delete(take)
        reject(signal?.reason)
      }
      this.#waiting.add(take)
      signal?.addEventListener('abort', leave, { once: true })
    })
  }

  #leave(): void {
    const [next] = this.#waiting
    if (next === undefined) {
      this.#running -= 1
      return
    }
    this.#waiting.delete(next)
    next()
  }
}
