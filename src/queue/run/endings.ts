import type { CallEnd, DeathReason, QueuedCallState } from '../../core/calls/queued-call.ts'
import { hasCode } from '../../core/errors.ts'
import { type CallbackJob, encodeCallback } from '../job/callback-job.ts'
import { type Death, encodeDeadLetter, MOST_LAST_WORDS } from '../job/dead-letter.ts'
import { isSpooled } from '../job/envelope.ts'
import type { Job } from '../job/job.ts'
import { CALLBACKS_PREFIX, DEAD_PREFIX, subjectOf } from '../job/subjects.ts'
import { headerOf, INTERNAL, statusOfEnding } from '../job/verdict.ts'
import { mostMessageBytes } from '../streams.ts'
import type { Answer } from './answer-sink.ts'
import type { RunnerOptions } from './runner-options.ts'
import { StreamWriter } from './stream-writer.ts'
import { untilSaved } from './until-saved.ts'

/** An execution that is over. */
export interface Execution {
  readonly job: Job
  readonly answer: Answer
  /** Executions so far, this one included. */
  readonly attempts: number
  readonly mostAttempts: number
  readonly durationMs: number
}

/** Why a call is given up without another execution, or after the last one. */
export interface GivenUp {
  readonly job: Job
  readonly reason: DeathReason
  readonly error: string
  readonly attempts: number
  readonly mostAttempts: number
  /** The last execution, where there was one in this life of the daemon. */
  readonly last: Execution | null
}

const NO_ANSWER = 503

/** Of a media type, characters. */
const LONGEST_TYPE = 255

/**
 * The ends of a call. In this order, so that a crash anywhere loses nothing: what others are to get is stored,
 * then the call is noted as ended; only then may the server forget it.
 */
export class Endings {
  readonly #options: RunnerOptions
  readonly #writer: StreamWriter

  constructor(options: RunnerOptions) {
    this.#options = options
    this.#writer = new StreamWriter(options.publisher, options.clock, options.log)
  }

  /** It was answered, and that is its answer. */
  async answered(execution: Execution, signal: AbortSignal): Promise<void> {
    const { job, answer, durationMs } = execution
    const status = statusOfEnding(answer.ending)
    await this.#sendBack(execution, signal, job.keepsResult)
    const hasResult = job.keepsResult && answer.ending.kind === 'answered'
    const end = {
      ...this.#end(status < 400 ? 'succeeded' : 'failed'),
      status,
      error: errorOf(answer),
      durationMs,
      resultFile: hasResult && isSpooled(answer.body) ? answer.body.file : '',
      resultHead: hasResult ? JSON.stringify(headOf(answer)) : '',
    }
    await this.#finish(job, end, signal)
    if (isSpooled(job.body)) await this.#options.spool.remove(job.body.file)
  }

  /** It lies among the dead letters from now on, its body too. */
  async givenUp(letter: GivenUp, signal: AbortSignal): Promise<void> {
    const { job, reason, attempts, last } = letter
    const { clock, log, ports } = this.#options
    const death: Death = {
      reason,
      attempts,
      status: last === null ? 0 : statusOfEnding(last.answer.ending),
      error: letter.error,
      answer:
        last === null
          ? ''
          : Buffer.from(last.answer.lastWords.subarray(0, MOST_LAST_WORDS)).toString('base64'),
      atMs: clock.wall(),
    }
    // Before the letter: whoever finds that takes the call for ended.
    await this.#sendBack(last ?? withoutAnswer(letter), signal, false)
    const subject = subjectOf(DEAD_PREFIX, job)
    const data = encodeDeadLetter({ job, death })
    const sequence = await this.#writer.write({ subject, data, id: `dlq:${job.id}` }, signal)
    const { status, error } = death
    const durationMs = last?.durationMs ?? 0
    const state = reason === 'expired' ? 'expired' : 'dead'
    await this.#finish(job, { ...this.#end(state), status, error, reason, durationMs, sequence }, signal)
    // Nobody can ask for the answer of a dead letter: its last words are in the letter.
    const answer = last?.answer.body ?? null
    if (job.callback === null && isSpooled(answer)) await this.#options.spool.remove(answer.file)
    ports.onDead(reason)
    log.warn('asynchronous call given up', {
      fn: job.fn,
      callId: job.callId,
      reason,
      attempts,
      error: death.error,
    })
  }

  /** Stores the answer for the URL that the caller gave, if he gave one. */
  async #sendBack(
    { job, answer, attempts, mostAttempts, durationMs }: Execution,
    signal: AbortSignal,
    keepsFile: boolean,
  ): Promise<void> {
    if (job.callback === null) return
    const { id, callId, fn, queue, startTime } = job
    const isAnswered = answer.ending.kind === 'answered'
    const callback: CallbackJob = {
      id,
      callId,
      fn,
      queue,
      url: job.callback,
      status: statusOfEnding(answer.ending),
      durationSeconds: durationMs / 1_000,
      startTime,
      retries: Math.max(0, attempts - 1),
      retryMax: mostAttempts - 1,
      rawHeaders: headersOf(answer),
      body: isAnswered ? answer.body : null,
      keepsFile,
    }
    this.#options.ports.onCallback(job, await this.#storeCallback(callback, signal))
  }

  /** A function that answers with headers beyond measure must not hold the queue up: they are left out. */
  async #storeCallback(callback: CallbackJob, signal: AbortSignal): Promise<number> {
    const { log, limits } = this.#options
    const { id, fn, callId } = callback
    const place = { subject: subjectOf(CALLBACKS_PREFIX, callback), id: `cb:${id}` }
    const data = encodeCallback(callback)
    try {
      if (data.length <= mostMessageBytes(limits.inlineBytes)) {
        return await this.#writer.write({ ...place, data }, signal)
      }
    } catch (error) {
      if (!hasCode(error, 'too-large')) throw error
    }
    log.warn('the headers of an answer are too long for its callback', { fn, callId })
    const rawHeaders = headerOf(callback.rawHeaders, 'content-type')?.slice(0, LONGEST_TYPE)
    const shorter = { ...callback, rawHeaders: rawHeaders === undefined ? [] : ['Content-Type', rawHeaders] }
    return this.#writer.write({ ...place, data: encodeCallback(shorter) }, signal)
  }

  #end(state: QueuedCallState): CallEnd {
    const nothing = { status: 0, error: '', durationMs: 0, reason: null, sequence: 0 }
    return { state, atMs: this.#options.clock.wall(), ...nothing, resultFile: '', resultHead: '' }
  }

  async #finish({ id, fn, callId }: Job, end: CallEnd, signal: AbortSignal): Promise<void> {
    const { book, clock, log } = this.#options
    const onFailure = (err: unknown): void =>
      log.error('the end of a call is not written down yet, will retry', { fn, callId, err })
    await untilSaved(() => book.finish(id, end), { book, clock, signal, onFailure })
  }
}

function withoutAnswer({ job, attempts, mostAttempts }: GivenUp): Execution {
  const ending = { kind: 'answered', status: NO_ANSWER, rawHeaders: [] } as const
  const answer = { ending, body: null, lastWords: new Uint8Array(0) }
  // Nobody will try again: both figures say so.
  return { job, answer, attempts: Math.max(attempts, mostAttempts), mostAttempts, durationMs: 0 }
}

function errorOf({ ending }: Answer): string {
  return ending.kind === 'failed' ? ending.error.message : ''
}

/** What the function said: not what a watchdog says to whoever decides about retries. */
function headersOf({ ending }: Answer): readonly string[] {
  if (ending.kind !== 'answered') return []
  const { rawHeaders } = ending
  return rawHeaders.filter((_text, at) => rawHeaders[at - (at % 2)]?.toLowerCase() !== INTERNAL)
}

function headOf(answer: Answer): object {
  const { ending, body } = answer
  const size = isSpooled(body) ? body.size : (body?.length ?? 0)
  return ending.kind === 'answered' ? { status: ending.status, rawHeaders: headersOf(answer), size } : {}
}
