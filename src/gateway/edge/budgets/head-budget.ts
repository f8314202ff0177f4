import type { BudgetWatch } from '../../../budget-watch.ts'

/** A connection that sends a head in pieces, or requests behind one in progress. */
export interface HeadSender {
  /** Answers 503 and closes, to make room for others. */
  shed(message: string): void
}

/**
 * Counts the bytes of unfinished request heads of all clients, and of requests that wait behind others of
 * their connection. When a new one does not fit, the oldest is dropped.
 */
export class HeadBudget {
  readonly #most: number
  readonly #watch: BudgetWatch
  readonly #held = new Map<HeadSender, number>()
  #used = 0
  #shed = 0

  constructor(most: number, watch: BudgetWatch) {
    this.#most = most
    this.#watch = watch
  }

  get used(): number {
    return this.#used
  }

  /** Heads that were dropped for others. */
  get shed(): number {
    return this.#shed
  }

  /** Counts `bytes` more of the sender's head. The sender itself may be dropped. */
  hold(sender: HeadSender, bytes: number): void {
    this.#held.set(sender, (this.#held.get(sender) ?? 0) + bytes)
    this.#used += bytes
    for (const [oldest] of this.#held) {
      if (this.#used <= this.#most) return
      this.release(oldest)
      this.#shed += 1
      const limit = this.#most
      this.#watch.note('limit of unfinished request heads reached, the oldest dropped', {
        setting: 'SAMPAN_HEADER_BUDGET',
        limit,
      })
      oldest.shed(
        `the gateway holds more than ${limit} bytes of unfinished request heads and of requests behind others (SAMPAN_HEADER_BUDGET)`,
      )
    }
  }

  /** The head is complete, or its connection has ended. */
  release(sender: HeadSender): void {
    const bytes = this.#held.get(sender)
    if (bytes === undefined) return
    this.#held.delete(sender)
    this.#used -= bytes
  }
}
