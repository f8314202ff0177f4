import type { BudgetWatch } from '../../budget-watch.ts'
import { FaasError } from '../../core/errors.ts'

/**
 * The bytes that the bodies of API requests may hold in memory together (`SAMPAN_API_BODY_MEMORY`). A
 * deployment keeps its share until it is answered, which may take as long as its image.
 */
export class BodyBudget {
  readonly #limitBytes: number
  readonly #watch: BudgetWatch
  #usedBytes = 0
  #refused = 0

  constructor(limitBytes: number, watch: BudgetWatch) {
    this.#limitBytes = limitBytes
    this.#watch = watch
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  /** Requests refused because it was used up, since the start. */
  get refused(): number {
    return this.#refused
  }

  /** The share of one request, empty at first. */
  share(): BodyShare {
    let taken = 0
    return {
      take: (bytes) => {
        if (this.#usedBytes + bytes > this.#limitBytes) {
          this.#refused += 1
          this.#watch.note('limit of API request bodies reached, requests refused', {
            setting: 'SAMPAN_API_BODY_MEMORY',
            limit: this.#limitBytes,
          })
          throw new FaasError(
            'too-busy',
            `other requests to the API fill the ${this.#limitBytes} bytes that their bodies may have together (SAMPAN_API_BODY_MEMORY); try again`,
          )
        }
        this.#usedBytes += bytes
        taken += bytes
      },
      end: () => {
        this.#usedBytes -= taken
        taken = 0
      },
    }
  }
}

/** What the body of one request holds of the budget. */
export interface BodyShare {
  /** Throws `too-busy` when less than that is left. */
  take(bytes: number): void
  /** Returns all of it. Calling it again does no harm. */
  end(): void
}
