import { createHash, timingSafeEqual } from 'node:crypto'
import type { Clock } from '../../clock.ts'
import type { Credentials } from './auth.ts'
import { LoginDelays } from './login-delays.ts'

/** Basic credentials anywhere in a header, in either alphabet of base64. */
const BASIC = /\bbasic[\t ]+([A-Za-z0-9+/_-]+)/gi

/** Most wrong passwords that are remembered. */
const MOST_KNOWN = 1_000

/**
 * Keeps the credentials of the API from functions: people type them into the wrong address, and programs send
 * them wherever they are asked. A function with its own login may use the same user name.
 *
 * A header that is not forwarded reveals a right password, so anybody who can call a function could guess
 * here. Hence attempts are counted as at the API (`login-delays.ts`): when an address has made too many, none
 * is checked and none is forwarded. A password that is known to be wrong costs nothing.
 */
export class OwnCredentials {
  /** Both in the encodings that clients use. */
  readonly #users: readonly Buffer[]
  readonly #right: readonly Buffer[]
  readonly #clock: Clock
  readonly #delays = new LoginDelays()
  readonly #wrong = new Set<string>()

  constructor({ user, password }: Credentials, clock: Clock) {
    this.#users = encoded(`${user}:`)
    this.#right = encoded(`${user}:${password}`).map(digest)
    this.#clock = clock
  }

  /** Whether a function may have this `Authorization` header. Runs on every call that has one. */
  mayForward(authorization: string, peer: string | null): boolean {
    // Also finds forms that the API itself would refuse: several credentials in one header, as a proxy joins
    // them, or other blanks.
    for (const [, token = ''] of authorization.matchAll(BASIC))
      if (!this.#mayPass(Buffer.from(token, 'base64'), peer)) return false
    return true
  }

  #mayPass(token: Buffer, peer: string | null): boolean {
    if (!this.#users.some((user) => token.subarray(0, user.length).equals(user))) return true
    const guess = digest(token)
    const key = guess.toString('latin1')
    if (this.#wrong.has(key)) return true

    const now = this.#clock.now()
    const address = peer ?? ''
    if (this.#delays.untilNextMs(address, now) > 0) return false
    const isRight = this.#right.map((right) => timingSafeEqual(guess, right)).includes(true)
    if (isRight) return false
    this.#delays.failed(address, now)
    this.#remember(key)
    return true
  }

  #remember(key: string): void {
    this.#wrong.add(key)
    if (this.#wrong.size <= MOST_KNOWN) return
    const [oldest] = this.#wrong
    if (oldest !== undefined) this.#wrong.delete(oldest)
  }
}

function encoded(text: string): readonly Buffer[] {
  return [Buffer.from(text), Buffer.from(text, 'latin1')]
}

function digest(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest()
}
