import { createHash, timingSafeEqual } from 'node:crypto'
import type { Clock } from '../../clock.ts'
import { networkOf } from '../../core/client-address.ts'
import { LoginGate } from './login-gate.ts'

export interface Credentials {
  readonly user: string
  readonly password: string
}

/** Who asks. */
export interface LoginAttempt {
  /** The `Authorization` header as it came. */
  readonly header: string | undefined
  readonly address: string
  /** The `X-Forwarded-For` header as it came. */
  readonly forwardedFor: string | undefined
  /** Ends a wait. */
  readonly signal: AbortSignal
}

/** Basic authentication of the API (http-api 2). Both parts are compared in constant time. */
export class BasicAuth {
  readonly #user: Buffer
  readonly #password: Buffer
  readonly #gate: LoginGate

  constructor(credentials: Credentials, clock: Clock) {
    this.#user = digest(credentials.user)
    this.#password = digest(credentials.password)
    this.#gate = new LoginGate(clock)
  }

  /**
   * The user, or null when the attempt is not good; `login-gate.ts` says when that is answered. Throws
   * `too-busy` when nobody looked at it, for too many guesses of the address wait already. Rejects with the
   * signal's reason when that aborts meanwhile.
   */
  async login(attempt: LoginAttempt): Promise<string | null> {
    const guess = attempt.header === undefined ? null : parseBasic(attempt.header)
    // No guess was made (no header, a Bearer token): nothing to slow down.
    if (guess === null) return null
    const { address, forwardedFor, signal } = attempt
    const origin = { address, client: lastHop(forwardedFor), signal }
    return (await this.#gate.check(origin, () => this.#matches(guess))) ? guess.user : null
  }

  #matches(guess: Credentials): boolean {
    const user = timingSafeEqual(digest(guess.user), this.#user)
    const password = timingSafeEqual(digest(guess.password), this.#password)
    return user && password
  }
}

/** Longest name of a client that is told apart. */
const LONGEST_CLIENT = 64

/**
 * Whom the proxy next to us says it serves, by what is counted of an address. Earlier entries are the
 * client's own words.
 */
function lastHop(forwardedFor = ''): string {
  const entry = forwardedFor.slice(forwardedFor.lastIndexOf(',') + 1)
  return networkOf(withoutPort(entry.trim().slice(0, LONGEST_CLIENT)))
}

/** Some proxies append `"[2001:db8::1]:5"` or `192.0.2.1:5`, another port for each connection. */
function withoutPort(entry: string): string {
  const bare = entry.replaceAll('"', '')
  return /^\[([^\]]*)\]/.exec(bare)?.[1] ?? /^([^:]*):\d+$/.exec(bare)?.[1] ?? bare
}

/** Equal lengths for the comparison, whatever the guess. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

/** What a header of basic authentication carries, null for any other. */
export function basicToken(header: string): Buffer | null {
  const match = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(header)
  return match === null ? null : Buffer.from(match[1] ?? '', 'base64')
}

function parseBasic(header: string): Credentials | null {
  const decoded = basicToken(header)?.toString('utf8') ?? ''
  const colon = decoded.indexOf(':')
  return colon < 0 ? null : { user: decoded.slice(0, colon), password: decoded.slice(colon + 1) }
}
