/**
 * The end of a turn of the event loop. Whatever small messages are sent there to one connection leave in one
 * write: a write for each costs the sender and the receiver a system call and a wake-up.
 */
export class TurnEnd {
  #next: Promise<void> | null = null

  /** Resolves for all that wait in this turn together. */
  reached(): Promise<void> {
    this.#next ??= new Promise((resolve) => {
      setImmediate(() => {
        this.#next = null
        resolve()
      })
    })
    return this.#next
  }
}
