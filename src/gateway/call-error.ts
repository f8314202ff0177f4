import type { ServerResponse } from 'node:http'
import { ERROR_HEADERS, RETRY_AFTER_SECONDS } from './error-response.ts'

/** A failure that is ours, not the function's. */
export interface CallFailure {
  readonly status: number
  /** For a person; empty: no body. */
  readonly message: string
  readonly callId: string
  readonly startTime: string
  readonly servedBy: string
}

/** Headers of every such answer, as a flat list. */
function callErrorHeaders(failure: CallFailure): string[] {
  const { status, message, callId, startTime, servedBy } = failure
  const headers = ['X-Call-Id', callId, 'X-Start-Time', startTime, 'X-Served-By', servedBy]
  // Tells a failure of the platform, which may be tried again, from one of the function (http-api 7.6).
  headers.push('X-OpenFaaS-Internal', 'proxy')
  if (status === 429 || status === 503) headers.push('Retry-After', RETRY_AFTER_SECONDS)
  if (message !== '') for (const [name, value] of Object.entries(ERROR_HEADERS)) headers.push(name, value)
  return headers
}

/** Answers a call that no function answered. Does nothing when the connection is gone. */
export function writeCallError(res: ServerResponse, failure: CallFailure): void {
  if (res.destroyed || res.headersSent) return
  const body = failure.message === '' ? '' : `${failure.message}\n`
  const headers = callErrorHeaders(failure)
  headers.push('Content-Length', String(Buffer.byteLength(body)))
  res.writeHead(failure.status, headers)
  res.end(body)
}
