import { FaasError } from '../../core/errors.ts'
import type { DeathReason } from '../../core/calls/queued-call.ts'
import { seal, unseal } from './envelope.ts'
import { type Job, jobOf } from './job.ts'

/** What is known of the end of a call that was given up. */
export interface Death {
  readonly reason: DeathReason
  readonly attempts: number
  /** Of the last execution; 0: there was none. */
  readonly status: number
  /** A sentence; may be empty. */
  readonly error: string
  /** The beginning of the last answer, base64. */
  readonly answer: string
  /** Since the epoch. */
  readonly atMs: number
}

export interface DeadLetter {
  readonly job: Job
  readonly death: Death
}

/** Of the last answer, bytes. */
export const MOST_LAST_WORDS = 4_096

export function encodeDeadLetter({ job: { body, ...head }, death }: DeadLetter): Uint8Array {
  return seal({ ...head, death }, body)
}

/** What `encodeDeadLetter` wrote. Throws `invalid` for anything else. */
export function decodeDeadLetter(message: Uint8Array): DeadLetter {
  const { head, body } = unseal(message)
  const { death, ...rest } = head
  if (typeof death !== 'object' || death === null || !('reason' in death))
    throw new FaasError('invalid', 'the message is no dead letter')
  return { job: jobOf(rest, body), death: death as Death }
}
