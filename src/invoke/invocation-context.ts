import type { Duplex } from 'node:stream'
import type { Clock } from '../clock.ts'
import type { Call, CallSink, Upgrade } from '../core/calls/call.ts'
import type { Capacity } from '../core/calls/capacity.ts'
import type { FaasError } from '../core/errors.ts'
import type { FunctionName } from '../core/functions/function-name.ts'
import type { Suspicion } from '../core/provider/provider.ts'
import type { Replica } from '../core/provider/replica.ts'
import type { RequestRules } from './headers/request-headers.ts'
import type { ActiveCalls } from './active-calls.ts'
import type { Waker } from './waiting/waker.ts'

/** Limits of the calls of a function that has none of its own; a time of 0 milliseconds means none. */
export interface CallLimits {
  /** Until the function begins its answer, while it is not waiting for the caller's body. */
  readonly upstreamMs: number
  /** From the start of the call to the end of the answer. */
  readonly writeMs: number
  /** Longest wait for a replica. */
  readonly wakeMs: number
  /** Most calls of one function that wait for a replica. */
  readonly waiting: number
  /** Longest head of an answer. */
  readonly maxHeaderBytes: number
}

/**
 * How many calls may be in flight, including those that wait for a replica, and how many idle connections may
 * be kept.
 */
export type CallCapacity = Pick<Capacity, 'calls' | 'callsPerFunction' | 'idleUpstreams'>

/** What all calls have in common. */
export interface InvocationContext {
  readonly clock: Clock
  readonly waker: Waker
  readonly activeCalls: ActiveCalls
  /** A replica is not ready. Must not throw. */
  readonly suspect: (replica: Replica, why: Suspicion) => void
  /** How a replica died just now; empty when it lives. Must not reject. */
  readonly fate: (replica: Replica) => Promise<string>
  /** Why no replica is ready; null when nobody knows. Must not throw. */
  readonly whyNotReady: (fn: FunctionName) => FaasError | null
  /** An answer broke off after its beginning. Must not throw. */
  readonly onBrokenOff: (call: Call, error: FaasError) => void
  readonly rules: RequestRules
  readonly servedBy: string
}

/** What a trigger hands over. */
export interface Order {
  readonly call: Call
  readonly sink: CallSink
  readonly upgrade: Upgrade<Duplex> | null
}
