import { deferred, type Deferred } from '../clock.ts'
import type { Database } from './database.ts'

/**
 * One transaction for all changes of a turn of the event loop: thousands of small ones a second cost one
 * commit for each turn.
 */
export class TurnTransaction {
  readonly #db: Database
  readonly #onFailure: (error: unknown) => void
  #open: Deferred<void> | null = null

  /** `onFailure`: the changes of a turn were lost. */
  constructor(db: Database, onFailure: (error: unknown) => void) {
    this.#db = db
    this.#onFailure = onFailure
  }

  /** Makes a change. Throws when that is not possible: then nothing of it is there. */
  run<T>(change: () => T): T {
    this.#enter()
    try {
      return change()
    } catch (error) {
      // SQLite takes back the whole transaction when a disk is full: all changes of the turn, not only this one.
      if (!this.#db.inTransaction) this.#lost(error)
      throw error
    }
  }

  #enter(): void {
    if (this.#open !== null) return
    this.#db.begin()
    this.#open = deferred()
    // Whoever does not wait for it hears of a failure by `onFailure`.
    this.#open.promise.catch(() => {})
    setImmediate(() => this.flush())
  }

  /** Resolves when the changes so far outlive a kill of the process. Rejects when they are lost. */
  async saved(): Promise<void> {
    await this.#open?.promise
  }

  /** Commits what there is. Never throws. */
  flush(): void {
    const turn = this.#open
    if (turn === null) return
    try {
      this.#db.commit()
      this.#open = null
      turn.resolve()
    } catch (error) {
      this.#db.rollback()
      this.#lost(error)
    }
  }

  #lost(error: unknown): void {
    const turn = this.#open
    this.#open = null
    this.#onFailure(error)
    turn?.reject(error)
  }
}
