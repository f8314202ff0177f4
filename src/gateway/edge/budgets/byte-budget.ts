import type { BudgetWatch } from '../../../budget-watch.ts'

const SETTING = 'SAMPAN_BODY_BUDGET'

/** Why another call with a body cannot be accepted. */
export interface BodyRefusal {
  readonly status: 429 | 503
  readonly message: string
}

/**
 * Counts the bytes of request bodies that wait for their functions, of all clients together. One function
 * gets three quarters at most.
 */
export class ByteBudget {
  readonly #most: number
  readonly #watch: BudgetWatch
  readonly #ofFunction = new Map<string, number>()
  #used = 0
  #refused = 0

  /** `most`: with this many bytes waiting, nothing new is accepted. */
  constructor(most: number, watch: BudgetWatch) {
    this.#most = most
    this.#watch = watch
  }

  get used(): number {
    return this.#used
  }

  /** Calls that were refused because it was full. */
  get refused(): number {
    return this.#refused
  }

  /** Why `fn` cannot get another call with a body now, which counts as a refusal; null when it can. */
  refusal(fn: string): BodyRefusal | null {
    const mostOfOne = Math.ceil((this.#most * 3) / 4)
    if ((this.#ofFunction.get(fn) ?? 0) >= mostOfOne) {
      this.#refused += 1
      const fields = { setting: SETTING, limit: mostOfOne, fn }
      this.#watch.note('limit of waiting request bodies per function reached, its calls refused', fields)
      const what = `${mostOfOne} bytes of request bodies that it does not read`
      return { status: 429, message: `function ${fn} has ${what}, three quarters of all (${SETTING})` }
    }
    if (this.#used < this.#most) return null
    this.#refused += 1
    this.#watch.note('limit of waiting request bodies reached, calls refused', {
      setting: SETTING,
      limit: this.#most,
    })
    const what = `${this.#most} bytes of request bodies that wait for their functions`
    return { status: 503, message: `the gateway holds ${what} (${SETTING})` }
  }

  /** `fn`: the function that they wait for, if known. */
  add(bytes: number, fn: string | null = null): void {
    this.#used += bytes
    if (fn === null) return
    const rest = (this.#ofFunction.get(fn) ?? 0) + bytes
    if (rest > 0) this.#ofFunction.set(fn, rest)
    else this.#ofFunction.delete(fn)
  }
}

/** The waiting bytes of one body. */
export class ByteShare {
  readonly #budget: ByteBudget
  #held = 0
  #fn: string | null = null

  constructor(budget: ByteBudget) {
    this.#budget = budget
  }

  /** Sets how many bytes wait now. */
  hold(bytes: number): void {
    if (bytes !== this.#held) this.#budget.add(bytes - this.#held, this.#fn)
    this.#held = bytes
  }

  /** Sets the function that they wait for. */
  belongTo(fn: string): void {
    const held = this.#held
    this.hold(0)
    this.#fn = fn
    this.hold(held)
  }
}
