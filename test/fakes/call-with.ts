import type { Call } from '../../src/core/calls/call.ts'

/** A call with these headers, and nothing else of interest. */
export function callWith(rawHeaders: readonly string[], more: Partial<Call> = {}): Call {
  return {
    fn: 'hello',
    method: 'POST',
    path: '/',
    rawHeaders,
    body: null,
    rawTrailers: [],
    callId: 'id',
    startTime: '1',
    forwardedFor: null,
    forwardedHost: null,
    forwardedPrefix: null,
    ...more,
  }
}
