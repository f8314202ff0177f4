import {
  checkLabel,
  DEFAULT_NAMESPACE,
  parseFunctionName,
  type FunctionName,
} from '../../core/function-name.ts'
import { FaasError } from '../../core/errors.ts'
import { quoted } from '../../core/quoted.ts'
import type { ApiContext, ApiEnv } from '../shared/api-context.ts'
import type { RouteDescription } from '../shared/route-description.ts'

/** One line of the route table of the API. `app.ts` registers it. */
export interface Route extends RouteDescription {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly handle: (c: ApiContext) => Promise<Response> | Response
}

/** What a name in a path may look like (http-api 1.2); anything else is an unknown path. */
export const NAME = '{[A-Za-z0-9_.-]+}'

/** The last value of a query parameter, empty when there is none. */
export function queryValue(c: ApiContext, name: string): string {
  return c.req.queries(name)?.at(-1) ?? ''
}

/** What Go's `ParseBool` takes for true; anything else is not. */
const TRUE: ReadonlySet<string> = new Set(['1', 't', 'T', 'true', 'True', 'TRUE'])

/** Whether the text of a query parameter says yes. */
export function saysYes(text: string): boolean {
  return TRUE.has(text)
}

/** The namespace asked for: body before query before default. Throws `invalid` when it cannot be one. */
export function namespaceFor(c: ApiContext, fromBody = ''): string {
  const namespace = fromBody || queryValue(c, 'namespace') || DEFAULT_NAMESPACE
  checkLabel('namespace', namespace)
  return namespace
}

/**
 * The function meant by `text`, which may carry its namespace as a suffix. Throws `not-found` when none can
 * be called so.
 */
export function functionFor(c: ApiContext, text: string, namespaceInBody = ''): FunctionName {
  const namespace = namespaceFor(c, namespaceInBody)
  const fn = parseFunctionName(text, namespace)
  if (fn === null) {
    throw new FaasError('not-found', `function ${quoted(text)} does not exist`)
  }
  c.set('subject', fn)
  return fn
}

/** The client's address, as far as the connection tells. */
export function addressOf(c: ApiContext): string {
  return bindingsOf(c).remoteAddress ?? ''
}

/**
 * Aborts when nobody waits for the answer any more: the client left, or the daemon stops, which is the reason
 * `unavailable` then. Its user aborts it when all is answered, which takes it off the daemon's signal.
 * `AbortSignal.any` would leave something behind there for each request, and so does the option `signal` of
 * `addEventListener` (seen on Node 20).
 */
export function endOf(c: ApiContext): AbortController {
  const end = new AbortController()
  const endWhen = (signal: AbortSignal, reason: () => unknown): void => {
    const abort = (): void => end.abort(reason())
    if (signal.aborted) abort()
    if (end.signal.aborted) return
    signal.addEventListener('abort', abort)
    end.signal.addEventListener('abort', () => signal.removeEventListener('abort', abort))
  }
  const { signal: client } = c.req.raw
  const { stopping } = bindingsOf(c)
  endWhen(client, () => client.reason)
  if (stopping !== undefined) endWhen(stopping, () => new FaasError('unavailable', 'the gateway stops'))
  return end
}

/** Without a server around it (`app.request()`) the app has no bindings at all. */
function bindingsOf(c: ApiContext): ApiEnv['Bindings'] {
  const bindings: ApiEnv['Bindings'] | undefined = c.env
  return bindings ?? {}
}

/** An answer without a body; with a length, or it would be sent in chunks. */
export function empty(status: number, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(null, { status, headers: { ...headers, 'Content-Length': '0' } })
}

/** Accepted: what was asked for is stored. */
export function accepted(): Response {
  return empty(202)
}

/** An answer in JSON. */
export function json(value: unknown): Response {
  return jsonText(JSON.stringify(value))
}

/** The same for what is JSON already. */
export function jsonText(text: string): Response {
  return new Response(text, { headers: { 'Content-Type': 'application/json' } })
}
