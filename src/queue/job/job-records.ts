import type { NewQueuedCall } from '../../core/calls/queued-call.ts'
import { encodeJob, type Job } from './job.ts'
import { CALLS_PREFIX, subjectOf } from './subjects.ts'

/** For the stream of calls. */
export interface JobMessage {
  readonly subject: string
  readonly data: Uint8Array
  /** By which the server knows a repeated one. */
  readonly id: string
}

/** A job as a message of the stream of calls. */
export function messageOfJob(job: Job): JobMessage {
  return { subject: subjectOf(CALLS_PREFIX, job), data: encodeJob(job), id: job.id }
}

/** The row of a job that nobody has noted yet. */
export function rowOf(job: Job, sequence: number): NewQueuedCall {
  const { id, callId, fn, queue, enqueuedAtMs, notBeforeMs, expiresAtMs, callback, idempotencyKey } = job
  const times = { enqueuedAtMs, nextAtMs: notBeforeMs, expiresAtMs }
  return { id, callId, fn, queue, sequence, ...times, hasCallback: callback !== null, idempotencyKey }
}
