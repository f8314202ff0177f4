import { FaasError, messageOf } from '../core/errors.ts'
import type { FunctionName } from '../core/functions/function-name.ts'
import { FINAL_STATES, type QueuedCall } from '../core/calls/queued-call.ts'
import { Background } from '../work/background.ts'
import { Acceptor } from './accept/acceptor.ts'
import type { Accepted, AsyncRequest } from '../core/calls/async-request.ts'
import { QueueFigures, type QueueStock } from './figures.ts'
import { Housekeeping } from './housekeeping.ts'
import { CALLS_STREAM } from './job/subjects.ts'
import { QueueParts } from './parts.ts'
import type { DeadLetters } from './manage/dead-letters.ts'
import { QueueAdmin } from './manage/queue-admin.ts'
import { isGone } from './publisher.ts'
import type { QueueOptions } from './queue-options.ts'
import type { QueueSession } from './session.ts'

/** What falls due within this time counts as due: a replica takes about that long to start. */
const SOON_MS = 5_000

/**
 * Asynchronous calls: accepted, run at least once, tried again as their owner wishes, ended in an answer for
 * whoever waits for one or among the dead letters. What is still to do is in the streams of NATS; what became of
 * it is in the book.
 */
export class CallQueue {
  readonly figures = new QueueFigures()
  readonly parts: QueueParts
  readonly admin: QueueAdmin
  readonly #options: QueueOptions
  readonly #acceptor: Acceptor
  readonly #housekeeping: Housekeeping
  readonly #background: Background
  #unwatch = (): void => {}
  #isStopping = false

  constructor(options: QueueOptions) {
    this.#options = options
    this.#background = new Background(options.log)
    this.parts = new QueueParts(options, this.figures)
    this.#acceptor = this.parts.acceptor
    const { spool, outbox, paused, calls, deadLetters, lostCalls, strays } = this.parts
    this.admin = new QueueAdmin({
      book: options.book,
      spool,
      paused,
      lanes: () => calls.lanes(),
      limitOf: (lane) => this.parts.limitOf(lane),
      cancel: (call) => this.#cancel(call),
      onResumed: () => calls.reconsider(),
      clock: options.clock,
    })
    this.#housekeeping = new Housekeeping({ ...options, spool, outbox, deadLetters, lostCalls, strays })
  }

  /** What is there from before is taken up in the background, as soon as NATS answers. */
  async start(): Promise<void> {
    const { link, clock, book } = this.#options
    const { spool, outbox, calls, callbacks, runner, ingest } = this.parts
    const files = await spool.open()
    await outbox.open(files)
    for (const call of book.waiting()) calls.dueAt(call, Math.max(call.nextAtMs, clock.wall()))
    this.#unwatch = link.watch((session) => this.#connected(session))
    runner.start()
    calls.start()
    callbacks.start()
    ingest.start()
    this.#housekeeping.start(files)
    if (link.session !== null) this.#connected(link.session)
  }

  /** Calls that were given up. */
  get deadLetters(): DeadLetters {
    return this.parts.deadLetters
  }

  /**
   * Takes nothing more, lets what runs end until `signal` aborts, hands the rest back. The link must outlive
   * this.
   */
  async stop(signal: AbortSignal): Promise<void> {
    const { calls, callbacks, runner, callbackRunner, ingest } = this.parts
    this.#isStopping = true
    this.#unwatch()
    ingest.halt()
    calls.halt()
    callbacks.halt()
    const end = (): void => {
      runner.abort()
      callbackRunner.abort()
    }
    if (signal.aborted) end()
    else signal.addEventListener('abort', end, { once: true })
    await Promise.all([calls.stop(), callbacks.stop(), ingest.stop(), this.#housekeeping.stop()])
    signal.removeEventListener('abort', end)
    runner.stop()
    await this.#background.settled()
  }

  /** Resolves when the call is safe. Rejects with a `FaasError`, or what its body throws. */
  async accept(request: AsyncRequest): Promise<Accepted> {
    if (this.#isStopping) throw new FaasError('unavailable', 'the gateway is stopping', { retryAfterS: 5 })
    return this.#acceptor.accept(request)
  }

  /**
   * Cancels what has this call id: what waits is not made, what runs is ended. Throws `not-found`, and
   * `conflict` when all of it has ended.
   */
  async cancel(callId: string): Promise<readonly QueuedCall[]> {
    const { book } = this.#options
    const calls = book.byCallId(callId)
    if (calls.length === 0) throw new FaasError('not-found', 'no asynchronous call has this id')
    const open = calls.filter(({ state }) => !FINAL_STATES.has(state))
    if (open.length === 0) throw new FaasError('conflict', `the call has ended: ${calls[0]?.state}`)
    // The end of one that is being written down comes before the cancellation.
    const cancelled = open.filter(({ id }) => !this.parts.runner.isEnding(id))
    if (cancelled.length === 0) throw new FaasError('conflict', 'the call has ended just now')
    const done: QueuedCall[] = []
    for (const call of cancelled) if (await this.#cancel(call)) done.push(call)
    // The last of them ended while others were cancelled.
    if (done.length === 0) throw new FaasError('conflict', 'the call has ended just now')
    return done
  }

  /** A function is there, or has other annotations or replicas: calls may wait for that. */
  reconsider(): void {
    this.parts.calls.reconsider()
  }

  /**
   * Calls of a function that run, wait, or fall due within seconds: those that replicas are needed for now. Of
   * a paused queue, and while NATS is away, only those that run.
   */
  backlogOf(fn: FunctionName): number {
    const { book, clock, link } = this.#options
    const soonMs = clock.wall() + SOON_MS
    let sum = 0
    for (const { name, stored, running } of this.parts.calls.lanes()) {
      if (stored === 0 || name.fn !== fn) continue
      const mustWait = link.session === null || this.parts.paused.has(name.queue)
      sum += mustWait ? running : Math.max(running, stored - book.countLater(name.queue, fn, soonMs))
    }
    return sum
  }

  /** Gives every file of the spool a second name there. */
  linkSpoolInto(folder: string): Promise<void> {
    return this.parts.spool.linkInto(folder)
  }

  /** What there is now, for metrics. */
  get stock(): QueueStock {
    const { calls, outbox, spool } = this.parts
    const lanes = [...calls.lanes()].map(({ name: { queue, fn }, stored, running }) => {
      return { queue, fn, waiting: Math.max(0, stored - running), inFlight: running }
    })
    return { lanes, outboxCalls: outbox.size, spoolBytes: spool.usedBytes }
  }

  /** False: it has ended by itself since it was looked up. */
  async #cancel({ id }: QueuedCall): Promise<boolean> {
    const { book, clock, link, log } = this.#options
    const { runner, calls, spool } = this.parts
    const call = book.get(id)
    if (call === undefined || FINAL_STATES.has(call.state) || runner.isEnding(id)) return false
    // First: whoever sees the call from here on sees that it has ended.
    const nothing = { status: 499, error: 'it was cancelled', durationMs: 0, reason: null, sequence: 0 }
    book.finish(id, {
      state: 'cancelled',
      atMs: clock.wall(),
      ...nothing,
      resultFile: '',
      resultHead: '',
    })
    // In the same turn: its answer must not come in between. Then the runner clears up after it.
    const isRunning = runner.cancel(id)
    await book.saved()
    this.figures.cancelled += 1
    if (isRunning) return true
    if (call.sequence > 0 && link.session !== null) {
      const reason = await remove(link.session, call.sequence)
      if (reason === null) calls.removed(call)
      else log.warn('a cancelled call stays in the stream until its turn', { callId: call.callId, reason })
    }
    await spool.remove(`${id}.body`)
    return true
  }

  #connected(session: QueueSession | null): void {
    if (session === null || this.#isStopping) return
    this.#background.run('empty the outbox', () => this.parts.outbox.drain())
    this.#background.run('compare the book with the streams', async () => {
      await this.parts.deadLetters.reconcile(session)
      await this.parts.lostCalls.reconcile(session)
    })
  }
}

/**
 * Null, or why it is not removed: then it is delivered in its time, and found to have ended. That is no reason to
 * tell its caller that it runs still.
 */
async function remove({ jsm }: QueueSession, sequence: number): Promise<string | null> {
  try {
    // Not overwritten, as what is acknowledged is not either: with a sync for each that takes 15 ms a message.
    await jsm.streams.deleteMessage(CALLS_STREAM, sequence, false)
    return null
  } catch (error) {
    return isGone(error) ? null : messageOf(error)
  }
}
