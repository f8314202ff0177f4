import type { ApiContext } from '../shared/api-context.ts'
import type { RouteDescription } from '../shared/route-description.ts'

/** One line of the route table of the API. `app.ts` registers it. */
export interface Route extends RouteDescription {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Whether `handle` itself checks who asks, in place of credentials. */
  readonly instead?: (c: ApiContext) => boolean
  /** Audited although it is public. */
  readonly isAudited?: true
  readonly handle: (c: ApiContext) => Promise<Response> | Response
}

/** What a name in a path may look like (http-api 1.2); anything else is an unknown path. */
export const NAME = '{[A-Za-z0-9_.-]+}'
