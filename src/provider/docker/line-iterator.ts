import type { LogLine } from '../../core/provider.ts'

type Batches = AsyncGenerator<readonly LogLine[], void>

/**
 * Batches of lines, one line at a time. A generator inside a generator would make several promises for each line; with hundreds of followers
 * that is the daemon's whole memory. Ask for the next line only when the last one has come, as `for await` does.
 */
export class LineIterator implements AsyncIterableIterator<LogLine> {
  readonly #batches: Batches
  #batch: readonly LogLine[] = []
  #at = 0

  constructor(batches: Batches) {
    this.#batches = batches
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<IteratorResult<LogLine>> {
    const value = this.#batch[this.#at]
    if (value === undefined) return this.#nextBatch()
    this.#at += 1
    return Promise.resolve({ done: false, value })
  }

  async return(): Promise<IteratorResult<LogLine>> {
    this.#batch = []
    await this.#batches.return()
    return { done: true, value: undefined }
  }

  async #nextBatch(): Promise<IteratorResult<LogLine>> {
    // Not held while a slow source is waited for.
    this.#batch = []
    for (;;) {
      const next = await this.#batches.next()
      if (next.done === true) return { done: true, value: undefined }
      const [value] = next.value
      if (value === undefined) continue
      this.#batch = next.value
      this.#at = 1
      return { done: false, value }
    }
  }
}
