import { FaasError, messageOf, statusOf } from '../../core/errors.ts'
import type { Log } from '../../log.ts'

/** Seconds after which a client may try again when we were too busy or not there. */
export const RETRY_AFTER_SECONDS = '1'

/** Error texts have this shape on every route: plain text and a line end (http-api 1.3, shape A). */
export const ERROR_HEADERS = {
  'Content-Type': 'text/plain; charset=utf-8',
  'X-Content-Type-Options': 'nosniff',
} as const

/** The message of an error that a client may read. Our own bugs are described in the log only. */
function publicMessage(error: unknown): string {
  return error instanceof FaasError ? error.message : 'internal error'
}

/** The answer to an error thrown by a route. Unexpected errors are logged once. */
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
