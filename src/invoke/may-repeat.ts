import type { Call } from '../core/calls/call.ts'
import type { Failure } from './forward.ts'
import type { Freshness } from './target.ts'

/**
 * Methods that may be sent twice when the first attempt met a connection that was just closing (RFC 9110,
 * 9.2.2).
 */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])

/**
 * Whether a call may be sent again after this failure: the function has not seen it, or seeing it twice does
 * no harm. Pure.
 */
export function mayRepeat({ method, body }: Call, failure: Failure): boolean {
  if (failure === 'unsent') return true
  if (failure === 'unready') return body === null || body instanceof Uint8Array
  return failure === 'stale' && isRepeatable({ method, body })
}

/**
 * Which connections a first attempt may use. One that the function may be about to close is only for calls
 * that may be repeated. Pure.
 */
export function freshnessFor(call: Call): Freshness {
  return isRepeatable(call) ? 'any' : 'recent'
}

/** Whether seeing it twice does no harm. */
function isRepeatable({ method, body }: Pick<Call, 'method' | 'body'>): boolean {
  return body === null && IDEMPOTENT.has(method)
}
