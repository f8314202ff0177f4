import type { Clock } from '../../clock.ts'
import { FaasError, hasCode, messageOf } from '../../core/errors.ts'
import type { DeadLetterFilter, DeadLetterReport, KeptBody } from '../../core/calls/queue-report.ts'
import type { QueuedCall, QueuedCallQuery } from '../../core/calls/queued-call.ts'
import type { Log } from '../../log.ts'
import { type DeadLetter, decodeDeadLetter } from '../job/dead-letter.ts'
import { isSpooled } from '../job/envelope.ts'
import { jobId } from '../job/job-id.ts'
import { messageOfJob, rowOf } from '../job/job-records.ts'
import type { Job } from '../job/job.ts'
import { DEAD_STREAM, type LaneName } from '../job/subjects.ts'
import type { CallBook } from '../queue-options.ts'
import { isGone, type Publisher } from '../publisher.ts'
import type { QueueLink, QueueSession } from '../session.ts'
import type { Spool } from '../spool.ts'

export interface DeadLettersOptions {
  readonly book: CallBook
  readonly link: QueueLink
  readonly publisher: Publisher
  readonly spool: Spool
  readonly clock: Clock
  readonly log: Log
  /** A call is in the stream of calls. */
  readonly onQueued: (lane: LaneName, sequence: number) => void
}

/** Looked at in one turn when many are dealt with. */
const PORTION = 100

/** Calls that were given up: what is known of them, another chance, and their removal. */
export class DeadLetters {
  readonly #options: DeadLettersOptions
  /** Ids of those that are being made again: two people may ask at a time. */
  readonly #replaying = new Set<string>()
  /** Places up to here were compared with the book. */
  #comparedTo = 0

  constructor(options: DeadLettersOptions) {
    this.#options = options
  }

  /** Newest first. From the book, so NATS may be away. */
  list(query: Omit<QueuedCallQuery, 'isDead'>): readonly QueuedCall[] {
    return this.#options.book.list({ ...query, isDead: true })
  }

  /** Throws `not-found`, and `unavailable` while NATS is away. */
  async get(id: string): Promise<DeadLetter> {
    const row = this.#row(id)
    const { jsm } = this.#session()
    try {
      const message = await jsm.streams.getMessage(DEAD_STREAM, { seq: row.sequence })
      if (message !== null) return decodeDeadLetter(message.data)
    } catch (error) {
      if (!isGone(error)) throw unavailable(error)
    }
    // The stream drops the oldest when it is full, and those that are too old.
    await this.#forget(id)
    throw noLetter(id)
  }

  /** What its operator may see of it. Throws as `get`. */
  async inspect(id: string): Promise<DeadLetterReport> {
    const { job, death } = await this.get(id)
    const { body, method, path } = job
    // The book's own count is lost with the book.
    const call = { ...this.#row(id), attempts: death.attempts }
    return {
      call,
      attempts: this.#options.book.attempts(id),
      method,
      path,
      bodyBytes: isSpooled(body) ? body.size : (body?.length ?? 0),
      lastAnswer: Buffer.from(death.answer, 'base64'),
    }
  }

  /** What the call was to bring to its function. Throws `not-found`, and `unavailable` while NATS is away. */
  async body(id: string): Promise<KeptBody> {
    const { spool } = this.#options
    const { body } = (await this.get(id)).job
    if (!isSpooled(body)) return { size: body?.length ?? 0, chunks: body === null ? null : one(body) }
    const size = await spool.size(body.file)
    if (size === null) throw new FaasError('not-found', `the body of dead letter ${id} is lost`)
    return { size, chunks: spool.read(body.file) }
  }

  /**
   * Has it made again as a new call with the same call id, which it answers. Throws `conflict` while somebody
   * else does that, `not-found`, and `unavailable` while NATS is away.
   */
  async replay(id: string): Promise<string> {
    if (this.#replaying.has(id)) throw new FaasError('conflict', `dead letter ${id} is being replayed`)
    this.#replaying.add(id)
    try {
      return await this.#replay(id)
    } finally {
      this.#replaying.delete(id)
    }
  }

  /** Safe against a crash at any point: it is removed here when it is in the stream of calls. */
  async #replay(id: string): Promise<string> {
    const { clock, book, spool, onQueued } = this.#options
    const { job } = await this.get(id)
    const again = renewed(job, clock.wall())
    if (isSpooled(job.body) && isSpooled(again.body)) await spool.alias(job.body.file, again.body.file)
    const sequence = await this.#publish(again)
    // Its key is the old one's still.
    book.add({ ...rowOf(again, sequence), idempotencyKey: null })
    onQueued(again, sequence)
    await this.remove(id)
    return again.callId
  }

  /** Throws `unavailable`. Where nobody knows whether it is stored, its body stays: it may run. */
  async #publish(job: Job): Promise<number> {
    const { publisher, spool } = this.#options
    const published = await publisher.publish(messageOfJob(job)).catch(async (error: unknown) => {
      if (isSpooled(job.body)) await spool.remove(job.body.file)
      throw error
    })
    if (!('sequence' in published)) throw unavailable(published.unknown)
    return published.sequence
  }

  /** For good, its body too. Throws `not-found`, and `unavailable` while NATS is away. */
  async remove(id: string): Promise<void> {
    const row = this.#row(id)
    const { jsm } = this.#session()
    try {
      await jsm.streams.deleteMessage(DEAD_STREAM, row.sequence, false)
    } catch (error) {
      if (!isGone(error)) throw unavailable(error)
    }
    await this.#forget(id)
  }

  /**
   * Has all that match made again, or removes them; answers how many. One that is gone meanwhile is passed over,
   * any other that fails ends it.
   */
  async each(filter: DeadLetterFilter, action: 'replay' | 'remove'): Promise<number> {
    let count = 0
    for (let before: string | undefined; ;) {
      const page = this.#page(filter, before)
      for (const { id, finishedAtMs } of page) {
        before = id
        if (filter.beforeMs !== undefined && finishedAtMs >= filter.beforeMs) continue
        if (await this.#did(id, action)) count += 1
      }
      if (page.length < PORTION) return count
    }
  }

  /**
   * Brings the book in line with the stream: rows of letters that the stream dropped go, letters that the book
   * does not know (it was lost) are noted. False: it could not be done now. Never rejects.
   */
  async reconcile({ jsm }: QueueSession): Promise<boolean> {
    const { log, book } = this.#options
    try {
      const { state } = await jsm.streams.info(DEAD_STREAM)
      for (const id of book.deadBefore(state.first_seq)) await this.#forget(id)
      const known = new Set(book.deadSequences())
      const isKnown = known.size >= state.messages
      const from = Math.max(state.first_seq, this.#comparedTo + 1)
      for (let seq = from; !isKnown && seq <= state.last_seq; seq += 1)
        if (!known.has(seq)) await this.#note(jsm, seq)
      this.#comparedTo = state.last_seq
      return true
    } catch (error) {
      log.warn('dead letters not compared with the stream', { reason: messageOf(error) })
      return false
    }
  }

  async #note(jsm: QueueSession['jsm'], seq: number): Promise<void> {
    const { book, log } = this.#options
    const message = await jsm.streams.getMessage(DEAD_STREAM, { seq }).catch((error: unknown) => {
      if (isGone(error)) return null
      throw error
    })
    if (message === null) return
    const letter = read(message.data)
    if (letter === null) {
      log.warn('a message among the dead letters is none', { sequence: seq })
      return
    }
    const { job, death } = letter
    // One that has a row is not at its end yet: its callback is still to come, and whoever works on it writes it
    // down.
    if (book.get(job.id) !== undefined) return
    book.add({ ...rowOf(job, 0), idempotencyKey: null })
    const state = death.reason === 'expired' ? 'expired' : 'dead'
    const { status, error, atMs, reason } = death
    const nothing = { durationMs: 0, resultFile: '', resultHead: '' }
    book.finish(job.id, { state, atMs, status, error, reason, sequence: seq, ...nothing })
  }

  /** The letter is gone: so is what was kept for it. */
  async #forget(id: string): Promise<void> {
    const { book, spool } = this.#options
    book.remove(id)
    await book.saved()
    await spool.remove(`${id}.body`)
  }

  /** False: somebody else deals, or has dealt with it. */
  async #did(id: string, action: 'replay' | 'remove'): Promise<boolean> {
    try {
      await (action === 'replay' ? this.replay(id) : this.remove(id))
      return true
    } catch (error) {
      if (hasCode(error, 'not-found') || hasCode(error, 'conflict')) return false
      throw error
    }
  }

  #page({ fn, reason }: DeadLetterFilter, before: string | undefined): readonly QueuedCall[] {
    const { book } = this.#options
    const which = {
      ...(fn !== undefined && { fn }),
      ...(reason !== undefined && { reason }),
      ...(before !== undefined && { before }),
    }
    return book.list({ ...which, isDead: true, limit: PORTION })
  }

  #row(id: string): QueuedCall {
    const row = this.#options.book.get(id)
    if (row === undefined || (row.state !== 'dead' && row.state !== 'expired')) throw noLetter(id)
    return row
  }

  #session(): QueueSession {
    const { session } = this.#options.link
    if (session === null) throw unavailable(this.#options.link.status().reason)
    return session
  }
}

async function* one(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}

function read(data: Uint8Array): DeadLetter | null {
  try {
    return decodeDeadLetter(data)
  } catch {
    return null
  }
}

function renewed(job: Job, nowMs: number): Job {
  const id = jobId(nowMs)
  const body = isSpooled(job.body) ? { ...job.body, file: `${id}.body` } : job.body
  const ttlMs = job.expiresAtMs - Math.max(job.enqueuedAtMs, job.notBeforeMs)
  return {
    ...job,
    id,
    body,
    enqueuedAtMs: nowMs,
    notBeforeMs: 0,
    expiresAtMs: nowMs + ttlMs,
    idempotencyKey: null,
  }
}

function noLetter(id: string): FaasError {
  return new FaasError('not-found', `there is no dead letter ${id}`)
}

function unavailable(cause: unknown): FaasError {
  const reason = typeof cause === 'string' ? cause : messageOf(cause)
  return new FaasError('unavailable', `dead letters cannot be reached now: ${reason}`, {
    cause,
    retryAfterS: 5,
  })
}
