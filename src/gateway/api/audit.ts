import type { Log } from '../../log.ts'
import type { ApiContext } from '../shared/api-context.ts'
import { addressOf } from './client.ts'
import type { Route } from './route.ts'

/** Longest piece of a client's header that is logged. */
const LONGEST = 200

/**
 * Logs one line for every attempt to change something through the API, and for every use of its credentials
 * by a browser: who, from where, what and the result. Never logs a value. The line is written at every log
 * level.
 */
export function audit(log: Log, c: ApiContext, result: AuditResult): void {
  const refused = c.get('refused')
  const { access, method, isAudited } = result.route
  if (isAudited !== true && (access !== 'admin' || (method === 'GET' && refused === undefined))) return
  const remarks = c.get('remarks')
  const forwarded = c.req.header('x-forwarded-for')
  log.record('audit', {
    user: c.get('user') ?? null,
    address: addressOf(c),
    ...(forwarded === undefined ? {} : { forwardedFor: forwarded.slice(0, LONGEST) }),
    action: `${result.route.method} ${areaOf(result.route)}`,
    subject: c.get('subject') ?? null,
    status: result.status,
    ...(refused === undefined ? {} : { refused }),
    ...(remarks === undefined ? {} : { remarks }),
    ms: Math.round(result.ms),
  })
}

export interface AuditResult {
  readonly route: Route
  readonly status: number
  readonly ms: number
}

/** The route without its variable parts, as audit and metrics name it. */
export function areaOf(route: Route): string {
  return route.path.replaceAll(/\/:\w+(?:\{[^{}]*\})?/g, '')
}
