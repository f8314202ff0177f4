import { FINAL_STATES, type QueuedCall } from '../../core/calls/queued-call.ts'
import type { DeathReason } from '../../core/calls/queued-call.ts'

/** What to do with a call that was delivered. */
export type Admission =
  | { readonly kind: 'run' }
  /** It has ended: only the server does not know yet. */
  | { readonly kind: 'over' }
  /** It came before its time. */
  | { readonly kind: 'later'; readonly atMs: number }
  | { readonly kind: 'bury'; readonly reason: DeathReason; readonly error: string }

export interface AdmissionFacts {
  readonly call: QueuedCall
  readonly hasFunction: boolean
  /** Executions that its owner lets it have. */
  readonly mostAttempts: number
  /** Since the epoch. */
  readonly nowMs: number
}

/** Pure: what becomes of a call that was delivered, by what is known of it. */
export function admissionOf({ call, hasFunction, mostAttempts, nowMs }: AdmissionFacts): Admission {
  if (FINAL_STATES.has(call.state)) return { kind: 'over' }
  if (nowMs > call.expiresAtMs)
    return { kind: 'bury', reason: 'expired', error: 'it was not run before its time was over' }
  if (!hasFunction)
    return { kind: 'bury', reason: 'function_not_found', error: `function ${call.fn} does not exist` }
  // The server does not know of a delay before the first try, and keeps later ones in whole seconds: after a
  // crash it may be early by one (jetstream.md, fact 13).
  if (call.nextAtMs > nowMs) return { kind: 'later', atMs: call.nextAtMs }
  // One that failed was put off or given up at its end; this one never ended.
  if (call.attempts >= mostAttempts)
    return { kind: 'bury', reason: 'interrupted', error: 'the daemon ended while it ran, each time' }
  return { kind: 'run' }
}
