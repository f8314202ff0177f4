import type { HostNames } from '../../core/host-names.ts'
import type { BasicAuth } from '../login/auth.ts'
import type { ApiContext } from '../shared/api-context.ts'
import { checkOrigin, unauthorized } from './browser-guard.ts'
import { addressOf, endOf } from './client.ts'
import type { Route } from './route.ts'

/** Who is let in at a listener, and how. */
export interface Door {
  /** Looks where a request comes from, before its credentials and its body. Throws `misdirected`, `forbidden`. */
  check(c: ApiContext, route: Route): void
  /** Whether the route itself checks who asks. */
  isLeftTo(route: Route, c: ApiContext): boolean
  /** The user, or null. Throws `too-busy`. */
  enter(c: ApiContext): Promise<string | null> | string | null
  /** The answer to a request without a user. */
  refused(c: ApiContext): Response
}

/** Of the API for programs: Basic authentication, and no browser. */
export class BasicDoor implements Door {
  readonly #auth: BasicAuth
  readonly #hostNames: HostNames

  constructor(auth: BasicAuth, hostNames: HostNames) {
    this.#auth = auth
    this.#hostNames = hostNames
  }

  check(c: ApiContext, route: Route): void {
    checkOrigin(c, route, this.#hostNames)
  }

  isLeftTo(route: Route, c: ApiContext): boolean {
    return route.instead?.(c) === true
  }

  /** A delayed password check is waited for only while the client waits for the answer. */
  async enter(c: ApiContext): Promise<string | null> {
    const end = endOf(c)
    try {
      return await this.#auth.login({
        header: c.req.header('authorization'),
        address: addressOf(c),
        forwardedFor: c.req.header('x-forwarded-for'),
        signal: end.signal,
      })
    } finally {
      end.abort()
    }
  }

  refused(c: ApiContext): Response {
    return unauthorized(c)
  }
}
