/** Addresses remembered at once; the one that failed longest ago is forgotten first. */
const MOST_ADDRESSES = 10_000

const FIRST_DELAY_MS = 100
const LONGEST_DELAY_MS = 2_000

/** One failure is forgotten per this time without another. */
const FORGIVE_AFTER_MS = 15_000

interface Failures {
  readonly count: number
  readonly lastMs: number
}

/**
 * How long the answer to a failed login is held back, per address. Only failing answers wait: a right password is never refused or
 * delayed, so nobody who shares an address with an attacker (behind one proxy, say) is locked out.
 */
export class LoginDelays {
  readonly #failures = new Map<string, Failures>()

  /** Counts one more failure from `address` and answers how long to hold its answer back. */
  failed(address: string, nowMs: number): number {
    const key = networkOf(address)
    const count = this.#count(key, nowMs) + 1
    this.#failures.delete(key)
    this.#failures.set(key, { count, lastMs: nowMs })
    this.#forgetOldest()
    return Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(count - 1, 10))
  }

  #count(key: string, nowMs: number): number {
    const known = this.#failures.get(key)
    if (known === undefined) return 0
    return Math.max(0, Math.min(known.count, 10) - Math.floor((nowMs - known.lastMs) / FORGIVE_AFTER_MS))
  }

  #forgetOldest(): void {
    if (this.#failures.size <= MOST_ADDRESSES) return
    const [oldest] = this.#failures.keys()
    if (oldest !== undefined) this.#failures.delete(oldest)
  }
}

/** An IPv6 host owns a whole /64, so that is what is counted. */
function networkOf(address: string): string {
  if (!address.includes(':')) return address
  // `::` stands for as many zeros as are missing.
  const [left = [], right = []] = address.split('::').map((part) => part.split(':').filter(Boolean))
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0')
  return [...left, ...zeros, ...right].slice(0, 4).join(':')
}
