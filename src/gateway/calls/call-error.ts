import type { CallHead } from './call-head.ts'

/** Headers of every answer of ours to a call that no function answered, names and values in turn. */
export function callErrorHeaders({ callId, startTime, servedBy }: CallHead): string[] {
  // The last one tells a failure of the platform, which may be tried again, from one of the function
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
