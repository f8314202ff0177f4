import type { GenericSchema } from 'valibot'
import type { BodyLimit } from './body-limit.ts'

/** Methods that a description can name. */
export const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE'] as const
export type Method = (typeof METHODS)[number]

/** What `openapi.ts` publishes of a route, whichever plane or listener it belongs to. */
export interface RouteDescription {
  readonly method: Method | 'any'
  /** Hono pattern; matched exactly, no trailing slash is forgiven. */
  readonly path: string
  /** Absent: that of the API. */
  readonly listener?: 'metrics' | 'ui'
  readonly access: 'public' | 'admin'
  readonly summary: string
  /** Query parameters it reads. */
  readonly query?: readonly string[]
  readonly body?: GenericSchema
  /** Absent: `USUAL_BODY`. */
  readonly bodyLimit?: BodyLimit
  /**
   * The statuses of this route and what they mean; `openapi.ts` adds those that all routes share. `default`:
   * any other status.
   */
  readonly answers: { readonly [status: number]: string; readonly default?: string }
  /** The body of a 200, where it is JSON, or JSON of each line. */
  readonly result?: GenericSchema
  /** Its content type; `application/json` unless said. */
  readonly resultType?: string
  /** Answers HEAD as well. */
  readonly head?: boolean
}
