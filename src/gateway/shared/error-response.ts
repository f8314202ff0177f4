import { FaasError, messageOf, type ErrorCode } from '../../core/errors.ts'
import type { Log } from '../../log.ts'

/** The only place that knows both our error codes and HTTP. */
const STATUS: Readonly<Record<ErrorCode, number>> = {
  invalid: 400,
  unauthorized: 401,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  'too-large': 413,
  misdirected: 421,
  'too-busy': 429,
  'bad-gateway': 502,
  unavailable: 503,
  'timed-out': 504,
  cancelled: 499,
  loop: 508,
}

/** Seconds after which a client may try again when we were too busy or not there. */
export const RETRY_AFTER_SECONDS = '1'

/** Error texts have this shape on every route: plain text and a line end (http-api 1.3, shape A). */
export const ERROR_HEADERS = {
  'Content-Type': 'text/plain; charset=utf-8',
  'X-Content-Type-Options': 'nosniff',
} as const

/** The status for anything thrown; 500 for what is not a `FaasError`. */
export function statusOf(error: unknown): number {
  return error instanceof FaasError ? STATUS[error.code] : 500
}

/** What a client may read of anything thrown. Our own bugs are described in the log only. */
function publicMessage(error: unknown): string {
  return error instanceof FaasError ? error.message : 'internal error'
}

/** The answer to anything thrown by a route; logs what nobody expected, once. */
export function errorResponse(error: unknown, log: Log): Response {
  const status = statusOf(error)
  if (status === 500) log.error('request failed unexpectedly', { err: error })
  else if (status >= 502) log.warn('request failed', { status, err: messageOf(error) })
  return textResponse(status, publicMessage(error))
}

/** An error of `status` with a sentence for a person. */
export function textResponse(status: number, message: string): Response {
  const headers: Record<string, string> = { ...ERROR_HEADERS }
  if (status === 429 || status === 503) headers['Retry-After'] = RETRY_AFTER_SECONDS
  return new Response(`${message}\n`, { status, headers })
}
