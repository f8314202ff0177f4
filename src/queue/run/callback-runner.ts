import { setMaxListeners } from 'node:events'
import type { Clock } from '../../clock.ts'
import { backoffMs } from '../../core/backoff.ts'
import { messageOf } from '../../core/errors.ts'
import {
  nameOf,
  namespaceOf,
  DEFAULT_NAMESPACE,
  type FunctionName,
} from '../../core/functions/function-name.ts'
import type { QueuedCall } from '../../core/calls/queued-call.ts'
import type { Log } from '../../log.ts'
import type { Callback } from '../callbacks/callback.ts'
import { type CallbackJob, decodeCallback } from '../job/callback-job.ts'
import { isSpooled } from '../job/envelope.ts'
import type { LaneName } from '../job/subjects.ts'
import type { Spool } from '../spool.ts'
import type { Delivery } from './lanes/dispatcher.ts'
import type { Receipt } from './lanes/receipt.ts'
import type { Undecodable } from './runner-options.ts'
import { untilSaved } from './until-saved.ts'

/** What becomes of one attempt; as the sender of callbacks says it. */
export type SentCallback =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'failed'; readonly reason: string; readonly isFinal: boolean }

export interface CallbackRunnerOptions {
  readonly deliver: (callback: Callback, signal: AbortSignal) => Promise<SentCallback>
  readonly book: {
    get(id: string): QueuedCall | undefined
    setCallback(id: string, state: 'delivered' | 'failed'): void
    saved(): Promise<void>
  }
  readonly spool: Spool
  readonly ports: {
    dueAt(lane: LaneName, atMs: number): void
    removed(lane: LaneName): void
    onUndecodable(message: Undecodable): Promise<void>
    onCallbackEnd(outcome: 'delivered' | 'failed'): void
  }
  readonly clock: Clock
  readonly log: Log
}

const ATTEMPTS = 5
const FIRST_WAIT_MS = 1_000
const LAST_WAIT_MS = 60_000
const LATE_MS = 120
const NO_BYTES = new Uint8Array(0)

/** Delivers the answers of calls: durable jobs of their own, so that no failure here runs a function again. */
export class CallbackRunner {
  readonly #options: CallbackRunnerOptions
  readonly #stopping = new AbortController()
  /** Those that are being sent, by job, with their last delivery: one that comes again is not sent twice. */
  readonly #active = new Map<string, Receipt>()

  constructor(options: CallbackRunnerOptions) {
    this.#options = options
    // As many listen as calls are worked on at a time: no leak, as Node would suspect.
    setMaxListeners(0, this.#stopping.signal)
  }

  /** Ends deliveries under way; they are tried again after the next start. */
  abort(): void {
    this.#stopping.abort()
  }

  /** Never rejects. */
  async handle({ lane, data, receipt }: Delivery): Promise<void> {
    const { ports, log } = this.#options
    let job: CallbackJob
    try {
      job = decodeCallback(data)
    } catch (error) {
      await ports.onUndecodable({ lane: lane.name, data, receipt, reason: messageOf(error) })
      return
    }
    const isSent = this.#active.has(job.id)
    this.#active.set(job.id, receipt)
    if (isSent) return
    try {
      // Its acknowledgement was lost, or the server was not true to it.
      if (this.#isOver(job)) await this.#clear(job, lane.name)
      else await this.#send(job, lane.name)
    } catch (err) {
      const isStopping = this.#stopping.signal.aborted
      if (!isStopping) log.error('callback not sent, will retry', { fn: job.fn, callId: job.callId, err })
      this.#last(job)?.later(isStopping ? 0 : LAST_WAIT_MS)
    } finally {
      this.#active.delete(job.id)
    }
  }

  async #send(job: CallbackJob, lane: LaneName): Promise<void> {
    const { ports, clock, deliver } = this.#options
    const attempt = this.#last(job)?.facts.deliveries ?? 1
    const sent = await deliver(this.#outgoing(job), this.#stopping.signal)
    if (this.#stopping.signal.aborted && sent.kind === 'failed') this.#last(job)?.later(0)
    else if (sent.kind === 'delivered' || sent.isFinal || attempt >= ATTEMPTS)
      await this.#over(job, lane, sent)
    else {
      const waitMs = backoffMs(attempt, FIRST_WAIT_MS, LAST_WAIT_MS)
      this.#last(job)?.later(waitMs)
      ports.dueAt(lane, clock.wall() + waitMs + LATE_MS)
    }
  }

  /** Its last delivery: the server may have given up an earlier one. */
  #last({ id }: CallbackJob): Receipt | undefined {
    return this.#active.get(id)
  }

  async #over(job: CallbackJob, lane: LaneName, sent: SentCallback): Promise<void> {
    const { book, ports, log, clock } = this.#options
    const outcome = sent.kind
    const about = { fn: job.fn, callId: job.callId }
    const onFailure = (err: unknown): void =>
      log.error('the end of a callback is not written down yet, will retry', { ...about, err })
    const { signal } = this.#stopping
    await untilSaved(() => book.setCallback(job.id, outcome), { book, clock, signal, onFailure })
    ports.onCallbackEnd(outcome)
    if (sent.kind === 'failed') log.warn('callback given up', { ...about, reason: sent.reason })
    await this.#clear(job, lane)
  }

  #isOver({ id }: CallbackJob): boolean {
    const state = this.#options.book.get(id)?.callback
    return state === 'delivered' || state === 'failed'
  }

  async #clear(job: CallbackJob, lane: LaneName): Promise<void> {
    const { ports, spool } = this.#options
    await this.#last(job)?.done()
    ports.removed(lane)
    if (isSpooled(job.body) && !job.keepsFile) await spool.remove(job.body.file)
  }

  #outgoing({ body, fn, ...job }: CallbackJob): Callback {
    const { spool } = this.#options
    const bytes = isSpooled(body) ? { path: spool.pathOf(body.file), size: body.size } : (body ?? NO_BYTES)
    return { ...job, fn: shortName(fn), body: bytes }
  }
}

function shortName(fn: FunctionName): string {
  return namespaceOf(fn) === DEFAULT_NAMESPACE ? nameOf(fn) : fn
}
