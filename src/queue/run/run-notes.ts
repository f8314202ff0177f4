import type { CallAttempt, QueuedCall } from '../../core/calls/queued-call.ts'
import { rowOf } from '../job/job-records.ts'
import type { Job } from '../job/job.ts'
import { statusOfEnding } from '../job/verdict.ts'
import type { Answer } from './answer-sink.ts'
import type { Execution } from './endings.ts'
import type { RunnerBook } from './runner-options.ts'

/** The row of a job that was delivered from this place in the stream; made anew where it was lost. */
export function noted(job: Job, sequence: number, book: RunnerBook): QueuedCall {
  const known = book.get(job.id)
  if (known !== undefined) {
    if (known.sequence !== sequence && known.finishedAtMs === 0) book.setSequence(job.id, sequence)
    return known
  }
  book.add(rowOf(job, sequence))
  // Another call has its idempotency key: the book was lost in between. Both were acknowledged.
  if (book.get(job.id) === undefined) book.add({ ...rowOf(job, sequence), idempotencyKey: null })
  const call = book.get(job.id)
  if (call === undefined) throw new Error(`the call ${job.id} cannot be noted`)
  return call
}

/** Whether somebody here ended the execution. */
export function isCancelled({ ending }: Answer): boolean {
  return ending.kind === 'failed' && ending.error.code === 'cancelled'
}

/** An execution, as the book remembers it. */
export function attemptOf({ answer, attempts, durationMs }: Execution, startedAtMs: number): CallAttempt {
  const error = answer.ending.kind === 'failed' ? answer.ending.error.message : ''
  return { attempt: attempts, startedAtMs, durationMs, status: statusOfEnding(answer.ending), error }
}
