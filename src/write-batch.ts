/** A write that can wait for the end of the turn. */
export interface LateWrite {
  flush(): void
  /** `flush` threw: a fault of ours, which must not touch the writes of others. Must not throw. */
  onFlushFailed(error: unknown): void
}

/** As many calls wait for each other at the most: a bound on what the first of them loses. */
const MOST_LATE = 64

/**
 * Writes of one turn of the event loop, done one after the other when everything that came in has been read.
 * A write wakes whoever reads the other end, and where cores are few the kernel lets that process run at
 * once, in our place: with the writes in between, a call costs the daemon up to half as much again and
 * everybody else a fifth (docs/decisions/0003-call-path.md). Costs a lone call nothing: there is no wait
 * between the turn and its end.
 */
export class WriteBatch {
  #late: LateWrite[] = []
  /**
   * Brought about by writes of this turn: these wait for its end, however many others come. Else some clients
   * with many requests behind each other would keep it going: each one that comes would have all of them
   * answer once more.
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

  /** Once per write; what happens to the connection until then is the writer's to see. */
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
