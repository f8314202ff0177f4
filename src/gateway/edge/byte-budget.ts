import type { BudgetWatch } from '../../budget-watch.ts'

/** Parts of request bodies that wait for their functions, of all clients together. */
export class ByteBudget {
  readonly #most: number
  readonly #watch: BudgetWatch
  #used = 0
  #refused = 0

  /** `most`: with so many bytes waiting nothing new is taken. */
  constructor(most: number, watch: BudgetWatch) {
    this.#most = most
    this.#watch = watch
  }

  get used(): number {
    return this.#used
  }

  /** Calls that found it full. */
  get refused(): number {
    return this.#refused
  }

  /** Why no call with a further body can be taken now, which counts as a refusal; null: it can. */
  refusal(): string | null {
    if (this.#used < this.#most) return null
    const setting = 'SAMPAN_BODY_BUDGET'
    this.#refused += 1
    this.#watch.note('waiting request bodies full, calls refused', { setting, limit: this.#most })
    return `the gateway holds ${this.#most} bytes of request bodies that wait for their functions (${setting})`
  }

  add(bytes: number): void {
    this.#used += bytes
  }
}
