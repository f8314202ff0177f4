import type { Call } from '../../core/calls/call.ts'
import { isSpooled } from '../job/envelope.ts'
import type { Job } from '../job/job.ts'
import type { Spool } from '../spool.ts'

/** A job as the call that it is. Throws nothing: a file that is gone fails as it is read. */
export function callOfJob(job: Job, spool: Spool): Call {
  const { body } = job
  const isFile = isSpooled(body)
  return {
    fn: job.fn,
    method: job.method,
    path: job.path,
    rawHeaders: isFile ? [...job.rawHeaders, 'Content-Length', String(body.size)] : job.rawHeaders,
    body: isFile ? spool.read(body.file) : body,
    rawTrailers: [],
    callId: job.callId,
    startTime: job.startTime,
    forwardedFor: job.forwardedFor,
    forwardedHost: job.forwardedHost,
    // The path of the caller's own request led to the queue: links below it lead nowhere.
    forwardedPrefix: null,
    seesPlatformFaults: true,
  }
}
