import { networkOf } from '../../core/calls/client-address.ts'

/** Addresses remembered at once; the one that failed longest ago is forgotten first. */
const MOST_ADDRESSES = 10_000

const FIRST_DELAY_MS = 100
const LONGEST_DELAY_MS = 2_000

/** Wrong passwords of an address that are checked without delay. */
const BURST = 20

/** One wrong password is forgotten per this time. This is the rate at which an address may go on guessing. */
const FORGET_AFTER_MS = 2_000

interface Failures {
  /** Not yet forgotten at `atMs`; with a fraction. */
  readonly count: number
  readonly atMs: number
}

/**
 * Counts wrong passwords per address: how long to delay the answer to one, and when the next may be checked.
 * Pure except for its memory.
 */
export class LoginDelays {
  readonly #failures = new Map<string, Failures>()

  /** Counts one more failure from `address` and returns by how many milliseconds to delay its answer. */
  failed(address: string, nowMs: number): number {
    const key = networkOf(address)
    const count = this.#count(key, nowMs) + 1
    this.#failures.delete(key)
    this.#failures.set(key, { count, atMs: nowMs })
    this.#forgetOldest()
    return Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (Math.ceil(count) - 1))
  }

  /** Milliseconds until a password from `address` may be checked, right or wrong; 0 means now. */
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
