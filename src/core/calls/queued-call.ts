import type { FunctionName } from '../functions/function-name.ts'

/**
 * Where an asynchronous call stands.
 *
 *   queued ─▶ running ─▶ succeeded | failed | dead | cancelled | expired
 *     ▲          │
 *     └─ waiting ◀┘ tried again later
 */
export const CALL_STATES = [
  'queued',
  'running',
  /** It failed, or was not taken, and is made again later. */
  'waiting',
  /** The function answered with a status below 400. */
  'succeeded',
  /** The function answered with a status that is no reason to try again. */
  'failed',
  /** It was given up and lies among the dead letters. */
  'dead',
  'cancelled',
  /** Its time was over before it ran. It lies among the dead letters. */
  'expired',
] as const
export type QueuedCallState = (typeof CALL_STATES)[number]

export const FINAL_STATES: ReadonlySet<QueuedCallState> = new Set([
  'succeeded',
  'failed',
  'dead',
  'cancelled',
  'expired',
])

/** Why a call was given up. */
export const DEATH_REASONS = [
  /** It failed as often as its owner lets it. */
  'attempts_exhausted',
  /** The daemon ended while it ran, as often as its owner lets it fail: it may be the cause. */
  'interrupted',
  'expired',
  'function_not_found',
  /** The message is none of ours. */
  'undecodable',
  /** Its body is not in the spool any more. */
  'body_lost',
  /** The answer is there, but could not be delivered. */
  'callback',
] as const
export type DeathReason = (typeof DEATH_REASONS)[number]

/** What is known of an asynchronous call. Times are milliseconds since the epoch; 0: not yet. */
export interface QueuedCall {
  readonly id: string
  readonly callId: string
  readonly fn: FunctionName
  readonly queue: string
  readonly state: QueuedCallState
  /** Executions begun. */
  readonly attempts: number
  /** How often nobody took it: no replica, or a limit of calls. */
  readonly deferrals: number
  /** Its place in the stream of calls, or of dead letters; 0 while it has none. */
  readonly sequence: number
  readonly enqueuedAtMs: number
  readonly startedAtMs: number
  readonly finishedAtMs: number
  /** Not made before then. */
  readonly nextAtMs: number
  readonly expiresAtMs: number
  /** Of the last execution; 0 while there is none. */
  readonly status: number
  /** Why the last execution failed, as a sentence; empty when the function answered. */
  readonly error: string
  /** Of the last execution. */
  readonly durationMs: number
  /** Why it was given up; null: it was not. */
  readonly reason: DeathReason | null
  /** Null: nobody wants one. */
  readonly callback: 'waiting' | 'delivered' | 'failed' | null
  /** File of the spool with the answer; empty without. */
  readonly resultFile: string
  /** Headers and status of the kept answer as JSON; empty without. */
  readonly resultHead: string
}

/** One execution of a call. */
export interface CallAttempt {
  readonly attempt: number
  readonly startedAtMs: number
  readonly durationMs: number
  readonly status: number
  readonly error: string
}

/** The open calls of a function in a queue, as the book has them. */
export interface OpenCalls {
  readonly queue: string
  readonly fn: FunctionName
  /** Those that wait for another try. */
  readonly delayed: number
  /** When the oldest was accepted; milliseconds since the epoch. */
  readonly oldestAtMs: number
}

/** Which calls to list. */
export interface QueuedCallQuery {
  readonly state?: QueuedCallState
  /** Those among the dead letters. */
  readonly isDead?: true
  readonly reason?: DeathReason
  readonly queue?: string
  readonly fn?: FunctionName
  readonly callId?: string
  /** Enqueued at or after then. */
  readonly sinceMs?: number
  /** Ids below this one: the last of the page before. */
  readonly before?: string
  readonly limit: number
}

/** A call that was accepted. */
export interface NewQueuedCall {
  readonly id: string
  readonly callId: string
  readonly fn: FunctionName
  readonly queue: string
  /** Its place in the stream of calls; 0 while nobody knows. */
  readonly sequence: number
  readonly enqueuedAtMs: number
  readonly nextAtMs: number
  readonly expiresAtMs: number
  readonly hasCallback: boolean
  readonly idempotencyKey: string | null
}

/** A call that is made again later. */
export interface CallWait {
  readonly nextAtMs: number
  readonly status: number
  readonly error: string
  readonly durationMs: number
  /** Nobody took it: that was no attempt. */
  readonly isDeferral: boolean
}

/** How a call ended. */
export interface CallEnd {
  readonly state: QueuedCallState
  readonly atMs: number
  readonly status: number
  readonly error: string
  readonly durationMs: number
  /** Why it was given up; null: it was not. */
  readonly reason: DeathReason | null
  /** Its place among the dead letters; 0: it is none. */
  readonly sequence: number
  readonly resultFile: string
  readonly resultHead: string
}
