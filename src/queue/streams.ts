import {
  CALLBACKS_PREFIX,
  CALLBACKS_STREAM,
  CALLS_PREFIX,
  CALLS_STREAM,
  DEAD_PREFIX,
  DEAD_STREAM,
  INGEST_STREAM,
  INGEST_SUBJECT,
} from './job/subjects.ts'
import type { StreamSpec } from './nats/stream-plan.ts'

export interface StoreLimits {
  /** Of the calls that wait, bytes. */
  readonly callBytes: number
  readonly mostCalls: number
  /** Of the dead letters, bytes. */
  readonly deadBytes: number
  readonly deadAgeMs: number
  readonly inlineBytes: number
}

const MIB = 1024 * 1024

/** Beside a body: head and headers of its message. */
const HEAD_BYTES = 128 * 1024

/** Of these, for the headers of NATS itself: the id of the message. */
const ENVELOPE_BYTES = 1_024

/** How long the server knows the id of a message that was published twice. */
const DUPLICATE_MS = 600_000

const MOST_CONSUMERS = 10_000
/** Calls that were given up; of more the oldest are forgotten. */
export const MOST_DEAD = 10_000

/** The streams of the queue (async-scaling 1.10.2). None that has work to do ever drops a message by itself. */
export function queueStreams(limits: StoreLimits): readonly StreamSpec[] {
  const maxMsgSize = limits.inlineBytes + HEAD_BYTES
  const work = { retention: 'workqueue', discard: 'new', maxAgeMs: 0, maxMsgSize } as const
  const usual = { maxConsumers: MOST_CONSUMERS, duplicateWindowMs: DUPLICATE_MS }
  return [
    {
      ...work,
      ...usual,
      name: CALLS_STREAM,
      subjects: [`${CALLS_PREFIX}>`],
      maxBytes: limits.callBytes,
      maxMsgs: limits.mostCalls,
    },
    {
      ...work,
      ...usual,
      name: CALLBACKS_STREAM,
      subjects: [`${CALLBACKS_PREFIX}>`],
      maxBytes: 64 * MIB,
      maxMsgs: limits.mostCalls,
    },
    {
      ...work,
      ...usual,
      name: INGEST_STREAM,
      subjects: [INGEST_SUBJECT],
      maxBytes: 16 * MIB,
      maxMsgs: 10_000,
      maxConsumers: 10,
    },
    {
      ...usual,
      name: DEAD_STREAM,
      subjects: [`${DEAD_PREFIX}>`],
      retention: 'limits',
      discard: 'old',
      maxBytes: limits.deadBytes,
      maxMsgs: MOST_DEAD,
      maxAgeMs: limits.deadAgeMs,
      // A dead letter is its message and what became of it.
      maxMsgSize: maxMsgSize + HEAD_BYTES,
      maxConsumers: 10,
    },
  ]
}

/** The largest message that the streams of calls and of callbacks take. */
export function mostMessageBytes(inlineBytes: number): number {
  return inlineBytes + HEAD_BYTES - ENVELOPE_BYTES
}

/** What the server is to keep room for: all of it, and a tenth. */
export function storeBytes(specs: readonly StreamSpec[]): number {
  return Math.ceil(specs.reduce((sum, { maxBytes }) => sum + maxBytes, 0) * 1.1)
}
