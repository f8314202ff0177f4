import type { Clock } from '../../clock.ts'
import { asyncAnnotations, isQueueName, MOST_WAITING } from '../../core/calls/async-annotations.ts'
import { FaasError } from '../../core/errors.ts'
import type { FunctionName } from '../../core/functions/function-name.ts'
import type { NewQueuedCall, QueuedCall } from '../../core/calls/queued-call.ts'
import { quoted } from '../../core/quoted.ts'
import { isSpooled } from '../job/envelope.ts'
import { messageOfJob, rowOf } from '../job/job-records.ts'
import type { Job } from '../job/job.ts'
import { jobId } from '../job/job-id.ts'
import { DEFAULT_QUEUE, type LaneName } from '../job/subjects.ts'
import type { Publisher } from '../publisher.ts'
import type { QueueLink } from '../session.ts'
import type { Spool } from '../spool.ts'
import type { Strays } from '../strays.ts'
import { type AsyncHeaders, readAsyncHeaders } from './async-headers.ts'
import type { BodyReader } from './body-reader.ts'
import type { Outbox } from './outbox.ts'
import type { Accepted, AsyncRequest } from '../../core/calls/async-request.ts'
import type { AsyncTarget } from './async-target.ts'

export interface AcceptorPorts {
  /** Undefined: there is no such function. */
  target(fn: string): AsyncTarget | undefined
  /** Throws `invalid` for a URL that answers cannot be sent to. */
  checkCallback(url: string): void
  /** Whether a function may see this `Authorization`, which came from there. */
  mayForward(authorization: string, peer: string | null): boolean
  /** Calls that wait in a lane. */
  backlog(lane: LaneName): number
  /** A call is in the stream. */
  /** `sequence`: its number in the stream. */
  onQueued(lane: LaneName, sequence: number): void
  onBookFailed(error: unknown): void
  /** For figures: a new call is safe. */
  onAccepted(lane: LaneName): void
}

/** What this needs of the book of calls. */
export interface AcceptorBook {
  add(call: NewQueuedCall): void
  get(id: string): QueuedCall | undefined
  byIdempotencyKey(fn: FunctionName, key: string): QueuedCall | undefined
  setSequence(id: string, sequence: number): void
}

export interface AcceptorOptions {
  readonly ports: AcceptorPorts
  readonly book: AcceptorBook
  readonly link: QueueLink
  readonly publisher: Publisher
  readonly bodies: BodyReader
  readonly spool: Spool
  readonly outbox: Outbox
  readonly strays: Pick<Strays, 'add' | 'has'>
  readonly clock: Clock
  /** How long a call may wait that says nothing else. */
  readonly ttlMs: number
  /** Calls of a function that may wait, unless its annotation says something else. */
  readonly mostWaiting: number
  /** Of a message in the stream. */
  readonly mostMessageBytes: number
}

/** A request that was checked, and has not been read. */
interface Checked {
  readonly request: AsyncRequest
  readonly headers: AsyncHeaders
  readonly lane: LaneName
  readonly keepsResult: boolean
}

/** Takes asynchronous calls: after `accept` a call is on the disk and will be made. */
export class Acceptor {
  readonly #options: AcceptorOptions
  /** Those with an idempotency key that are being accepted. */
  readonly #pending = new Map<string, Promise<Accepted>>()

  constructor(options: AcceptorOptions) {
    this.#options = options
  }

  /**
   * Resolves when the call is safe. Rejects with a `FaasError`, or what its body throws; nothing is left of it
   * then.
   */
  async accept(request: AsyncRequest): Promise<Accepted> {
    const checked = this.#check(request)
    const key = keyOf(checked)
    if (key === null) return this.#take(checked)
    const name = `${checked.lane.fn} ${key}`
    const pending = this.#pending.get(name)
    if (pending !== undefined) return { callId: (await pending).callId, isDuplicate: true }
    const earlier = this.#options.book.byIdempotencyKey(checked.lane.fn, key)
    if (earlier !== undefined) return { callId: earlier.callId, isDuplicate: true }
    const taken = this.#take(checked).finally(() => this.#pending.delete(name))
    this.#pending.set(name, taken)
    return taken
  }

  #check(request: AsyncRequest): Checked {
    const { ports, bodies } = this.#options
    const target = ports.target(request.fn)
    if (target === undefined)
      throw new FaasError('not-found', `function ${quoted(request.fn)} does not exist`)
    const headers = readAsyncHeaders(request.rawHeaders, (value) =>
      ports.mayForward(value, request.forwardedFor),
    )
    if (headers.callback !== null) ports.checkCallback(headers.callback)
    bodies.check(request.length)
    const lane = { fn: target.name, queue: queueOf(request, target) }
    this.#checkRoom(lane, target)
    return {
      request,
      headers,
      lane,
      keepsResult: headers.keepsResult || asyncAnnotations(target.annotations).keepsResults,
    }
  }

  #checkRoom(lane: LaneName, { annotations }: AsyncTarget): void {
    const { link, outbox, ports, mostWaiting } = this.#options
    const full = link.diskReason()
    if (full !== '') throw unavailable(full)
    if (link.session === null && outbox.isFull) throw unavailable(link.status().reason)
    const most = asyncAnnotations(annotations).mostWaiting ?? mostWaiting
    if (ports.backlog(lane) < most) return
    const setting = `the most that annotation ${MOST_WAITING} allows`
    throw new FaasError('too-busy', `${most} asynchronous calls of ${lane.fn} wait, ${setting}`, {
      retryAfterS: 10,
    })
  }

  async #take(checked: Checked): Promise<Accepted> {
    const { bodies, spool, clock, ports } = this.#options
    const id = jobId(clock.wall())
    const body = await bodies.read(checked.request.body, `${id}.body`)
    try {
      await this.#store(this.#job(id, checked, body))
    } catch (error) {
      if (isSpooled(body) && !this.#options.strays.has(body.file)) await spool.remove(body.file)
      throw error
    }
    ports.onAccepted(checked.lane)
    return { callId: checked.request.callId, isDuplicate: false }
  }

  #job(id: string, checked: Checked, body: Job['body']): Job {
    const { request, headers, lane, keepsResult } = checked
    const { clock, ttlMs } = this.#options
    const nowMs = clock.wall()
    const { method, path, callId, startTime, forwardedFor, forwardedHost } = request
    const notBeforeMs = headers.delayMs === 0 ? 0 : nowMs + headers.delayMs
    return {
      id,
      callId,
      ...lane,
      method,
      path,
      rawHeaders: headers.rawHeaders,
      forwardedFor,
      forwardedHost,
      startTime,
      callback: headers.callback,
      keepsResult,
      idempotencyKey: keyOf(checked),
      enqueuedAtMs: nowMs,
      notBeforeMs,
      // A delay is no part of the time that it may wait.
      expiresAtMs: nowMs + headers.delayMs + (headers.ttlMs ?? ttlMs),
      body,
    }
  }

  /** Puts it into the stream, or into the outbox while that cannot be had. */
  async #store(job: Job): Promise<void> {
    const { book, ports, publisher, mostMessageBytes } = this.#options
    const message = messageOfJob(job)
    // In the outbox it would wait for ever, and all others behind it.
    if (message.data.length > mostMessageBytes)
      throw new FaasError(
        'too-large',
        `path and headers have more than ${mostMessageBytes} bytes as a message, a fixed limit of asynchronous calls`,
      )
    const published = await publisher.publish(message)
    const isStored = 'sequence' in published
    if (!isStored) await this.#putAside(job, published.unknown)
    // Where the book cannot be written the call is safe all the same: its row is made when it is its turn.
    try {
      book.add(rowOf(job, isStored ? published.sequence : 0))
    } catch (error) {
      ports.onBookFailed(error)
    }
    if (isStored) ports.onQueued(job, published.sequence)
  }

  async #putAside(job: Job, reason: string): Promise<void> {
    const { outbox, strays } = this.#options
    try {
      if (outbox.isFull) throw unavailable(reason)
      await outbox.add(job)
    } catch (error) {
      // It is refused, and its message may be in the stream all the same: without its body it would fail.
      if (isSpooled(job.body)) strays.add(job.body.file)
      throw error
    }
  }
}

function keyOf({ headers, request }: Checked): string | null {
  return headers.idempotencyKey ?? request.source ?? null
}

function queueOf({ queue }: AsyncRequest, { annotations }: AsyncTarget): string {
  // Other programs write there what they want.
  if (isQueueName(queue)) return queue
  return asyncAnnotations(annotations).queue ?? DEFAULT_QUEUE
}

/** Seconds that a client should wait: a restart of NATS takes one or two. */
const RETRY_AFTER_S = 5

function unavailable(reason: string): FaasError {
  return new FaasError('unavailable', `asynchronous calls cannot be taken now: ${reason}`, {
    retryAfterS: RETRY_AFTER_S,
  })
}
