import { createHash, timingSafeEqual } from 'node:crypto'
import type { Clock } from '../../clock.ts'
import { networkOf } from '../../core/calls/client-address.ts'
import { LoginGate } from './login-gate.ts'

export interface Credentials {
  readonly user: string
  readonly password: string
}

/** Where an attempt to log in comes from. */
export interface AttemptOrigin {
  readonly address: string
  /** The `X-Forwarded-For` header as received. */
  readonly forwardedFor: string | undefined
  /** Ends a wait. */
  readonly signal: AbortSignal
}

/** One attempt to log in by a header. */
export interface LoginAttempt extends AttemptOrigin {
  /** The `Authorization` header as received. */
  readonly header: string | undefined
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
   * The user, or null for a failed attempt; `login-gate.ts` decides how late that is answered. Throws
   * `too-busy` without a check when too many attempts from the address wait already. Rejects with the
   * signal's reason when that aborts meanwhile.
   */
  async login(attempt: LoginAttempt): Promise<string | null> {
    const guess = attempt.header === undefined ? null : parseBasic(attempt.header)
    // No password was given (no header, or a Bearer token): nothing to slow down.
    if (guess === null) return null
    return (await this.check(guess, attempt)) ? guess.user : null
  }

  /** Whether the guess is right; as `login`. Whoever asks, attempts of one address are counted together. */
  async check(guess: Credentials, { address, forwardedFor, signal }: AttemptOrigin): Promise<boolean> {
    const origin = { address, client: lastHop(forwardedFor), signal }
    return await this.#gate.check(origin, () => this.#matches(guess))
  }

  #matches(guess: Credentials): boolean {
    const user = timingSafeEqual(digest(guess.user), this.#user)
    const password = timingSafeEqual(digest(guess.password), this.#password)
    return user && password
  }
}

/** Longest part of a client's name that is compared. */
const LONGEST_CLIENT = 64

/**
 * The network of the client that the nearest proxy names. Earlier entries of the header may be invented by
 * the client.
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

/** Hashed, so that the compared values have equal lengths. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

/** The decoded token of a basic authentication header; null for any other header. */
export function basicToken(header: string): Buffer | null {
  const match = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(header)
  return match === null ? null : Buffer.from(match[1] ?? '', 'base64')
}

function parseBasic(header: string): Credentials | null {
  const decoded = basicToken(header)?.toString('utf8') ?? ''
  const colon = decoded.indexOf(':')
  return colon < 0 ? null : { user: decoded.slice(0, colon), password: decoded.slice(colon + 1) }
}
