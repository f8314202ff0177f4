import { networkOf } from '../../core/client-address.ts'

/** Addresses remembered at once; the one that failed longest ago is forgotten first. */
const MOST_ADDRESSES = 10_000

const FIRST_DELAY_MS = 100
const LONGEST_DELAY_MS = 2_000

/** Wrong guesses of an address that are looked at as they come. */
const BURST = 20

/** One wrong guess is forgotten per this time: what an address may go on with, however it goes about it. */
const FORGET_AFTER_MS = 2_000

interface Failures {
  /** Not yet forgotten at `atMs`; with a fraction. */
  readonly count: number
  readonly atMs: number
}

/**
 * Wrong guesses, per address: how long to hold back the answer to one, and when the next guess may be looked
 * at. Pure but for its memory.
 */
export class LoginDelays {
  readonly #failures = new Map<string, Failures>()

  /** Counts one more failure from `address` and answers for how many milliseconds to hold its answer back. */
  failed(address: string, nowMs: number): number {
    const key = networkOf(address)
    const count = this.#count(key, nowMs) + 1
    this.#failures.delete(key)
    this.#failures.set(key, { count, atMs: nowMs })
    this.#forgetOldest()
    return Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (Math.ceil(count) - 1))
  }

  /** Milliseconds until a guess from `address` may be looked at, right or wrong; 0 means now. */
  untilNextMs(address: string, nowMs: number): number {
    return Math.max(0, (this.#count(networkOf(address), nowMs) - BURST + 1) * FORGET_AFTER_MS)
  }

  #count(key: string, nowMs: number): number {
    const known = this.#failures.get(key)
    return known === undefined ? 0 : Math.max(0, known.count - (nowMs - known.atMs) / FORGET_AFTER_MS)
  }

  #forgetOldest(): void {
    if (this.#failures.size <= MOST_ADDRESSES) return
    const [oldest] = this.#failures.keys()
    if (oldest !== undefined) this.#failures.delete(oldest)
  }
}
