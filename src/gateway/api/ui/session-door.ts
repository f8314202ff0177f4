import { FaasError } from '../../../core/errors.ts'
import { misdirected, type HostNames } from '../../../core/host-names.ts'
import type { SessionTable } from '../../login/session-table.ts'
import type { ApiContext } from '../../shared/api-context.ts'
import { textResponse } from '../../shared/error-response.ts'
import type { Door } from '../door.ts'

/** Carries the token of a session. No page of another origin can send it without asking first, which nobody answers. */
export const SESSION_HEADER = 'sampan-session'
/** Says that the user did something of late, so that a page left open does not stay signed in for ever. */
const ACTIVE_HEADER = 'sampan-active'

export interface SessionDoorOptions {
  readonly sessions: SessionTable
  readonly hostNames: HostNames
  /** Origin of the page behind a proxy; null: the one that the request names. */
  readonly url: string | null
}

/** Of the web page: a session, and no request of another origin. */
export class SessionDoor implements Door {
  readonly #options: SessionDoorOptions
  /** The page's origin behind a proxy, as its host and port. */
  readonly #ownHost: string | null

  constructor(options: SessionDoorOptions) {
    this.#options = options
    this.#ownHost = options.url === null ? null : new URL(options.url).host
  }

  /**
   * Tokens are in no cookie, so no other page has one to send; this is the second line. Schemes are not
   * compared: behind a proxy that ends TLS they differ.
   */
  check(c: ApiContext): void {
    const host = c.req.header('host') ?? ''
    this.checkHost(host)
    const site = c.req.header('sec-fetch-site') ?? 'none'
    const origin = c.req.header('origin')
    if (site !== 'same-origin' && site !== 'none') throw crossOrigin()
    if (origin === undefined) return
    const from = hostOf(origin)
    if (from !== host.toLowerCase() && (from === null || from !== this.#ownHost)) throw crossOrigin()
  }

  /** Throws `misdirected` for a name that is not ours (DNS rebinding). */
  checkHost(host: string): void {
    if (host.toLowerCase() !== this.#ownHost && !this.#options.hostNames.includes(host))
      throw new FaasError('misdirected', misdirected(host))
  }

  isLeftTo(): boolean {
    return false
  }

  enter(c: ApiContext): string | null {
    const isUse = c.req.header(ACTIVE_HEADER) === '1'
    return this.#options.sessions.find(tokenOf(c), isUse)?.user ?? null
  }

  /** Never a challenge: a browser would ask for the password itself, and keep it. */
  refused(c: ApiContext): Response {
    const sentence = 'not signed in, or no longer'
    return c.req.path.startsWith('/ui/')
      ? Response.json({ error: sentence }, { status: 401 })
      : textResponse(401, sentence)
  }
}

/** Empty without one. */
export function tokenOf(c: ApiContext): string {
  return c.req.header(SESSION_HEADER) ?? ''
}

/** Host and port as `Host` has them; null for an opaque origin. */
function hostOf(origin: string): string | null {
  return /^https?:\/\/([^/]+)$/i.exec(origin)?.[1]?.toLowerCase() ?? null
}

function crossOrigin(): FaasError {
  return new FaasError(
    'forbidden',
    'cross-origin request: only the web page of this address may send it; behind a proxy, set SAMPAN_UI_URL',
  )
}
