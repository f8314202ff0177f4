/** A write that can wait for the end of the turn. */
export interface LateWrite {
  flush(): void
  /** `flush` threw: a fault of ours, which must not touch the writes of others. Must not throw. */
  onFlushFailed(error: unknown): void
}

/** Flush early at this many pending writes, so that the first is not delayed by a long batch. */
const MOST_LATE = 64

/**
 * Collects the writes of one turn of the event loop and does them after all input of that turn has been read.
 * A write wakes the reader at the other end, and with few cores the kernel runs that process at once in our
 * place. Writes between reads make a call cost the daemon up to half as much again, and other processes a
 * fifth (docs/decisions/0003-call-path.md). A single call is not delayed: the batch is flushed when the turn
 * ends.
 */
export class WriteBatch {
  #late: LateWrite[] = []
  /**
   * Writes that were caused by the writes of this turn. They wait for its end, however many others come:
   * otherwise clients that pipeline many requests could keep the batch going for ever.
   */
  #broughtAbout: LateWrite[] = []
  #isArmed = false
  #isFlushing = false
  readonly #onTurnEnd = (): void => {
    this.#isArmed = false
    const late = this.#broughtAbout.concat(this.#late)
    this.#broughtAbout = []
    this.#late = []
    this.#flush(late)
  }

  /**
   * Adds a write, which is flushed once. The writer itself watches what happens to its connection until then.
   */
  add(write: LateWrite): void {
    if (this.#isFlushing) this.#broughtAbout.push(write)
    else if (this.#late.push(write) >= MOST_LATE) {
      const late = this.#late
      this.#late = []
      this.#flush(late)
    }
    if (this.#isArmed || this.#late.length + this.#broughtAbout.length === 0) return
    this.#isArmed = true
    setImmediate(this.#onTurnEnd)
  }

  #flush(late: readonly LateWrite[]): void {
    this.#isFlushing = true
    for (const write of late) {
      try {
        write.flush()
      } catch (error) {
        write.onFlushFailed(error)
      }
    }
    this.#isFlushing = false
  }
}
