import { createHash, randomBytes } from 'node:crypto'
import type { Clock } from '../../clock.ts'

/** Most sessions; the one that was unused for longest makes room for a new one. */
const MOST_SESSIONS = 100
/** A session ends when nobody used it for so long, */
const IDLE_MS = 12 * 3_600_000
/** and so long after its sign-in in any case. */
const LIFE_MS = 7 * 24 * 3_600_000
const TOKEN_BYTES = 32
/** What base64url makes of them. */
const TOKEN = /^[\w-]{43}$/

/** Somebody who is signed in. */
export interface SignedIn {
  readonly user: string
  /** Milliseconds since the epoch: when the session ends unless it is used. */
  readonly expiresAtMs: number
}

interface Session {
  readonly user: string
  readonly beganMs: number
  usedMs: number
}

/**
 * Who is signed in at the web page. In memory only: a restart signs everybody out. Of a token nothing but its digest is
 * kept, which is also what it is found by, so that the time of a look tells nothing about tokens.
 */
export class SessionTable {
  readonly #clock: Clock
  /** Longest unused first. */
  readonly #byDigest = new Map<string, Session>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Seconds that a session lives without use. */
  readonly idleSeconds = IDLE_MS / 1_000

  get size(): number {
    return this.#byDigest.size
  }

  /** A new session; the token is not kept anywhere. */
  begin(user: string): SignedIn & { readonly token: string } {
    const nowMs = this.#clock.now()
    this.#dropEnded(nowMs)
    const [longestUnused] = this.#byDigest.keys()
    if (this.#byDigest.size >= MOST_SESSIONS && longestUnused !== undefined)
      this.#byDigest.delete(longestUnused)
    const token = randomBytes(TOKEN_BYTES).toString('base64url')
    const session = { user, beganMs: nowMs, usedMs: nowMs }
    this.#byDigest.set(digest(token), session)
    return { ...this.#shown(session), token }
  }

  /** Null: no such session, or it has ended. `isUse`: its user did something, which keeps it alive. */
  find(token: string, isUse: boolean): SignedIn | null {
    if (!TOKEN.test(token)) return null
    const key = digest(token)
    const session = this.#byDigest.get(key)
    if (session === undefined) return null
    const nowMs = this.#clock.now()
    if (nowMs >= endOf(session)) {
      this.#byDigest.delete(key)
      return null
    }
    if (isUse) {
      session.usedMs = nowMs
      this.#byDigest.delete(key)
      this.#byDigest.set(key, session)
    }
    return this.#shown(session)
  }

  /** Does nothing for a session that has ended. */
  end(token: string): void {
    this.#byDigest.delete(digest(token))
  }

  endAll(): void {
    this.#byDigest.clear()
  }

  #shown(session: Session): SignedIn {
    const leftMs = endOf(session) - this.#clock.now()
    return { user: session.user, expiresAtMs: Math.round(this.#clock.wall() + leftMs) }
  }

  #dropEnded(nowMs: number): void {
    for (const [key, session] of this.#byDigest) if (nowMs >= endOf(session)) this.#byDigest.delete(key)
  }
}

function endOf({ beganMs, usedMs }: Session): number {
  return Math.min(usedMs + IDLE_MS, beganMs + LIFE_MS)
}

function digest(token: string): string {
  return createHash('sha256').update(token).digest('base64')
}
