import type { CallHead } from './call-head.ts'

/** Headers of our own answers to calls, when no function answered; names and values in turn. */
export function callErrorHeaders({ callId, startTime, servedBy }: CallHead): string[] {
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
  ]
}
