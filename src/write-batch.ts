/** A write that can wait for the end of the turn. */
export interface LateWrite {
  flush(): void
  /** `flush` threw: a fault of ours, which must not touch the writes of others. Must not throw. */
  onFlushFailed(error: unknown): void
}

/** As many calls wait for each other at the most: a bound on what the first of them loses. */
const MOST_LATE = 64

/**
 * Writes of one turn of the event loop, done one after the other when everything that came in has been read. A write wakes whoever reads the other
 * end, and where cores are few the kernel lets that process run at once, in our place: with the writes in between, a call costs the
 * daemon up to half as much again and everybody else a fifth (docs/decisions/0003-call-path.md). Costs a lone call nothing: there is no
 * wait between the turn and its end.
 */
export class WriteBatch {
  #late: LateWrite[] = []
  #isArmed = false
  #isFlushing = false
  readonly #flush = (): void => {
    this.#isArmed = false
    this.#isFlushing = true
    const late = this.#late
    this.#late = []
    for (const write of late) {
      try {
        write.flush()
      } catch (error) {
        write.onFlushFailed(error)
      }
    }
    this.#isFlushing = false
  }

  /** Once per write; what happens to the connection until then is the writer's to see. */
  add(write: LateWrite): void {
    this.#late.push(write)
    // A write that brings about further ones does not flush them itself: that could go as deep as a client likes.
    if (this.#late.length >= MOST_LATE && !this.#isFlushing) this.#flush()
    else if (!this.#isArmed) {
      this.#isArmed = true
      setImmediate(this.#flush)
    }
  }
}
