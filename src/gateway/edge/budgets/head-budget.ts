import type { BudgetWatch } from '../../../budget-watch.ts'

/** Who sends a head piece by piece, or requests behind one that is under way. */
export interface HeadSender {
  /** Answers 503 and closes, for others' sake. */
  shed(message: string): void
}

/**
 * Unfinished request heads of all clients together, and requests that wait behind others of their connection.
 * One that does not fit takes the place of the one that was begun first.
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

  /** Heads that were given up for others. */
  get shed(): number {
    return this.#shed
  }

  /** `bytes` more of the sender's head are kept. It may be the one that is shed. */
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

  /** The head is complete, or its sender is gone. */
  release(sender: HeadSender): void {
    const bytes = this.#held.get(sender)
    if (bytes === undefined) return
    this.#held.delete(sender)
    this.#used -= bytes
  }
}
