import { createHash, timingSafeEqual } from 'node:crypto'
import type { Clock } from '../clock.ts'
import { LoginDelays } from './login-delays.ts'

export interface Credentials {
  readonly user: string
  readonly password: string
}

/** Who asks. */
export interface LoginAttempt {
  /** The `Authorization` header as it came. */
  readonly header: string | undefined
  readonly address: string
  /** Aborts when the client leaves. */
  readonly signal: AbortSignal
}

/** Basic authentication of the API (http-api 2). Both parts are compared in constant time. */
export class BasicAuth {
  readonly #user: Buffer
  readonly #password: Buffer
  readonly #clock: Clock
  readonly #delays = new LoginDelays()

  constructor(credentials: Credentials, clock: Clock) {
    this.#user = digest(credentials.user)
    this.#password = digest(credentials.password)
    this.#clock = clock
  }

  /** The user, or null when the attempt is not good; a wrong guess is answered late. Rejects when the client leaves meanwhile. */
  async login(attempt: LoginAttempt): Promise<string | null> {
    const guess = attempt.header === undefined ? null : parseBasic(attempt.header)
    // No guess was made (no header, a Bearer token): nothing to slow down.
    if (guess === null) return null
    if (this.#matches(guess)) return guess.user

    await this.#clock.sleep(this.#delays.failed(attempt.address, this.#clock.now()), attempt.signal)
    return null
  }

  #matches(guess: Credentials): boolean {
    const user = timingSafeEqual(digest(guess.user), this.#user)
    const password = timingSafeEqual(digest(guess.password), this.#password)
    return user && password
  }
}

/** Equal lengths for the comparison, whatever the guess. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function parseBasic(header: string): Credentials | null {
  const match = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(header)
  if (match === null) return null
  const decoded = Buffer.from(match[1] ?? '', 'base64').toString('utf8')
  const colon = decoded.indexOf(':')
  return colon < 0 ? null : { user: decoded.slice(0, colon), password: decoded.slice(colon + 1) }
}
