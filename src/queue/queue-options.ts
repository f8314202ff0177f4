import type { Clock } from '../clock.ts'
import type { FunctionName } from '../core/functions/function-name.ts'
import type { CallAttempt, OpenCalls, QueuedCall, QueuedCallQuery } from '../core/calls/queued-call.ts'
import type { Log } from '../log.ts'
import type { AcceptorBook } from './accept/acceptor.ts'
import type { AsyncTarget } from './accept/async-target.ts'
import type { RetryPolicy } from './job/retry-policy.ts'
import type { Callback } from './callbacks/callback.ts'
import type { SentCallback } from './run/callback-runner.ts'
import type { RunnerBook, RunnerPorts } from './run/runner-options.ts'
import type { QueueLink } from './session.ts'

/** The book of calls: `registry/calls/call-store.ts`. */
export interface CallBook extends AcceptorBook, RunnerBook {
  byCallId(callId: string): readonly QueuedCall[]
  list(query: QueuedCallQuery): readonly QueuedCall[]
  open(): readonly OpenCalls[]
  attempts(id: string): readonly CallAttempt[]
  /** Open calls of a function in a queue that are not made before then. */
  countLater(queue: string, fn: FunctionName, atMs: number): number
  /** Those that wait for their time. */
  waiting(): readonly QueuedCall[]
  setCallback(id: string, state: 'delivered' | 'failed'): void
  remove(id: string): void
  deadSequences(): readonly number[]
  /** Ids of calls that have not ended, although their place in the stream of calls is before this one. */
  openBefore(sequence: number): readonly string[]
  /** Ids of dead letters that lay before this place. */
  deadBefore(sequence: number): readonly string[]
  prune(limits: { beforeMs: number; settledMs: number; most: number; limit: number }): {
    files: readonly string[]
    isMore: boolean
  }
  resultFiles(): readonly string[]
  pausedQueues(): readonly string[]
  setPaused(queue: string, isPaused: boolean): void
  close(): void
}

export interface QueuePorts {
  /** Undefined: there is no such function. */
  target(fn: string): AsyncTarget | undefined
  /** Throws `invalid` for a URL that answers cannot be sent to. */
  checkCallback(url: string): void
  /** Whether a function may see this `Authorization`, which came from there. */
  mayForward(authorization: string, peer: string | null): boolean
  invoke: RunnerPorts['invoke']
  /** Replicas that can be called now. */
  readyReplicas(fn: FunctionName): number
  /** What each replica of it takes at a time; null: it does not say. */
  perReplica(fn: FunctionName): number | null
  deliver(callback: Callback, signal: AbortSignal): Promise<SentCallback>
}

export interface QueueLimits {
  /** Calls made at a time. */
  readonly most: number
  /** Of one queue; queues without an entry share `most`. */
  readonly perQueue: ReadonlyMap<string, number>
  readonly retry: RetryPolicy
  readonly inlineBytes: number
  readonly mostBodyBytes: number
  readonly mostAnswerBytes: number
  readonly spoolBytes: number
  readonly ttlMs: number
  /** Of one function. */
  readonly mostWaiting: number
  /** How long and how many ended calls are remembered. */
  readonly keepMs: number
  readonly keepMost: number
  readonly outbox: { readonly jobs: number; readonly bytes: number }
  /** How long the server waits for a word about a delivery. */
  readonly ackWaitMs: number
}

export interface QueueOptions {
  readonly ports: QueuePorts
  readonly book: CallBook
  readonly link: QueueLink
  /** Folder of the spool. */
  readonly spoolDir: string
  readonly limits: QueueLimits
  readonly clock: Clock
  readonly log: Log
  readonly random?: () => number
}
