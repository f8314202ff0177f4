import type { Clock } from '../../clock.ts'
import type { Call, CallSink, RunningCall } from '../../core/calls/call.ts'
import type { FunctionName } from '../../core/functions/function-name.ts'
import type { StringMap } from '../../core/functions/function-spec.ts'
import type {
  CallAttempt,
  CallEnd,
  CallWait,
  DeathReason,
  NewQueuedCall,
  QueuedCall,
} from '../../core/calls/queued-call.ts'
import type { Log } from '../../log.ts'
import type { RetryPolicy } from '../job/retry-policy.ts'
import type { LaneName } from '../job/subjects.ts'
import type { Verdict } from '../job/verdict.ts'
import type { Publisher } from '../publisher.ts'
import type { Spool } from '../spool.ts'
import type { Receipt } from './lanes/receipt.ts'

/** What running needs of the book of calls. */
export interface RunnerBook {
  add(call: NewQueuedCall): void
  get(id: string): QueuedCall | undefined
  setSequence(id: string, sequence: number): void
  start(id: string, atMs: number): void
  addAttempt(id: string, attempt: CallAttempt): void
  wait(id: string, wait: CallWait): void
  finish(id: string, end: CallEnd): void
  /** Resolves when the changes so far outlive a kill of the process. */
  saved(): Promise<void>
}

export interface RunnerPorts {
  invoke(call: Call, sink: CallSink): RunningCall
  /** Undefined: there is no such function. */
  annotations(fn: FunctionName): StringMap | undefined
  /** Replicas that can be called now, and what each takes at a time; null: nobody knows. */
  capacity(fn: FunctionName): { readonly replicas: number; readonly perReplica: number | null }
  /** A call was put off until then; since the epoch. */
  dueAt(lane: LaneName, atMs: number): void
  /** A call has left the stream. */
  removed(lane: LaneName): void
  /** There is a callback to be sent. */
  onCallback(lane: LaneName, sequence: number): void
  /** For figures. */
  onExecuted(lane: LaneName, verdict: Verdict['kind']): void
  onDead(reason: DeathReason): void
  /** A message of another format: another program's, or another release's. Must see to its receipt. */
  onUndecodable(message: Undecodable): Promise<void>
}

/** A message that is no call of ours. */
export interface Undecodable {
  readonly lane: LaneName
  readonly data: Uint8Array
  readonly receipt: Receipt
  readonly reason: string
}

export interface RunnerLimits {
  readonly retry: RetryPolicy
  /** Answers up to this size travel inline. */
  readonly inlineBytes: number
  readonly mostAnswerBytes: number
  readonly ackWaitMs: number
}

export interface RunnerOptions {
  readonly ports: RunnerPorts
  readonly book: RunnerBook
  readonly publisher: Publisher
  readonly spool: Spool
  readonly limits: RunnerLimits
  readonly clock: Clock
  readonly log: Log
  /** From 0 to 1; for tests. */
  readonly random?: () => number
}
