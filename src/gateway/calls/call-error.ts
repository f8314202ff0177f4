import type { CallHead } from './call-head.ts'

/**
 * Headers of our own answers to calls, when no function answered; names and values in turn. `retryAfterS`: when
 * it may be worth to try again; undefined where nobody knows better than usual.
 */
export function callErrorHeaders({ callId, startTime, servedBy }: CallHead, retryAfterS?: number): string[] {
  // The last header marks a failure of the platform, which may be retried, as opposed to one of the function
  // (http-api 7.6).
  return [
    'X-Call-Id',
    callId,
    'X-Start-Time',
    startTime,
    'X-Served-By',
    servedBy,
    'X-OpenFaaS-Internal',
    'proxy',
    ...(retryAfterS === undefined ? [] : ['Retry-After', String(retryAfterS)]),
  ]
}
