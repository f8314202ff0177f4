import type { FunctionName } from '../functions/function-name.ts'
import type { CallAttempt, DeathReason, QueuedCall } from './queued-call.ts'

// What is shown of asynchronous calls to who looks after them.

/** How it is with the calls of a function in a queue. */
export interface LaneReport {
  readonly fn: FunctionName
  /** Those that wait for their turn. */
  readonly pending: number
  readonly inFlight: number
  /** Those that wait for another try. */
  readonly delayed: number
  /** Since the oldest of all these was accepted; null: there is none. */
  readonly oldestMs: number | null
  /** The most at a time, as things are. */
  readonly limit: number
}

export interface QueueReport {
  readonly queue: string
  readonly isPaused: boolean
  readonly functions: readonly LaneReport[]
}

/** How it is with NATS, which the queue needs. */
export interface QueueStatus {
  readonly isUp: boolean
  /** Cause and remedy; empty when up. */
  readonly reason: string
  /** What may go wrong although it is up: a sentence each. */
  readonly warnings: readonly string[]
  /** Of the server; empty before the first contact. */
  readonly version: string
  /** The daemon runs the server itself. */
  readonly isOwn: boolean
}

/** A call with its executions. */
export interface CallHistory {
  readonly call: QueuedCall
  readonly attempts: readonly CallAttempt[]
}

/** Bytes that lie in a file or in a message. */
export interface KeptBody {
  readonly size: number
  /** Null: there are none. */
  readonly chunks: AsyncIterable<Uint8Array> | null
}

/** A kept answer. */
export interface KeptResult extends KeptBody {
  readonly status: number
  /** Names and values in turn. */
  readonly rawHeaders: readonly string[]
}

/** Which dead letters: those of a function, of a reason, those from before a moment (since the epoch), or all. */
export interface DeadLetterFilter {
  readonly fn?: FunctionName
  readonly reason?: DeathReason
  readonly beforeMs?: number
}

/** A dead letter as its operator may see it: without headers, which may have credentials. */
export interface DeadLetterReport extends CallHistory {
  readonly method: string
  /** And query. */
  readonly path: string
  readonly bodyBytes: number
  /** The beginning of the last answer. */
  readonly lastAnswer: Uint8Array
}
