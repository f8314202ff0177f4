import { FaasError } from '../../core/errors.ts'
import type { FunctionName } from '../../core/functions/function-name.ts'
import { type Body, hasFields, type Head, isRawHeaders, seal, unseal } from './envelope.ts'
import { isJobId } from './job-id.ts'

/** An asynchronous call that was accepted: everything that is needed to make it, now or after a restart. */
export interface Job {
  /** Ours; unique, and later ones are greater. */
  readonly id: string
  /** The caller's, or made for it. Several jobs may share one: callers pass it on to trace a chain of calls. */
  readonly callId: string
  readonly fn: FunctionName
  readonly queue: string
  readonly method: string
  /** Path and query as the function shall see them, still encoded. */
  readonly path: string
  /** Names and values in turn, without those of the caller's connection. */
  readonly rawHeaders: readonly string[]
  readonly forwardedFor: string | null
  readonly forwardedHost: string | null
  /** Nanoseconds since the epoch, decimal: when the caller asked. */
  readonly startTime: string
  /** Where its answer is sent; may have a user and a password. */
  readonly callback: string | null
  /** The answer is kept for whoever asks. */
  readonly keepsResult: boolean
  readonly idempotencyKey: string | null
  /** Milliseconds since the epoch, as the next two. */
  readonly enqueuedAtMs: number
  /** Not run before then; 0: at once. */
  readonly notBeforeMs: number
  /** Not begun after then. */
  readonly expiresAtMs: number
  readonly body: Body
}

const FIELDS = {
  id: 'string',
  callId: 'string',
  fn: 'string',
  queue: 'string',
  method: 'string',
  path: 'string',
  startTime: 'string',
  enqueuedAtMs: 'number',
  notBeforeMs: 'number',
  expiresAtMs: 'number',
} as const

/** A job as a message. */
export function encodeJob({ body, ...head }: Job): Uint8Array {
  return seal(head, body)
}

/** What `encodeJob` wrote. Throws `invalid` for anything else. */
export function decodeJob(message: Uint8Array): Job {
  const { head, body } = unseal(message)
  return jobOf(head, body)
}

/**
 * Checks only what would make us stumble: who can write into this stream can do worse than a wrong host name.
 * Throws `invalid`.
 */
export function jobOf(head: Head, body: Body): Job {
  if (!hasFields(head, FIELDS) || !isRawHeaders(head['rawHeaders']) || !isJobId(String(head['id'])))
    throw new FaasError('invalid', 'the message is no asynchronous call')
  return { ...(head as unknown as Omit<Job, 'body'>), body }
}
