import type { Clock } from '../../clock.ts'
import { isQueueName } from '../../core/calls/async-annotations.ts'
import { FaasError } from '../../core/errors.ts'
import type { FunctionName } from '../../core/functions/function-name.ts'
import type { CallHistory, KeptResult, LaneReport, QueueReport } from '../../core/calls/queue-report.ts'
import type { OpenCalls, QueuedCall, QueuedCallQuery } from '../../core/calls/queued-call.ts'
import { DEFAULT_QUEUE } from '../job/subjects.ts'
import type { CallBook } from '../queue-options.ts'
import type { Lane } from '../run/lanes/lane.ts'
import type { Spool } from '../spool.ts'

export interface QueueAdminOptions {
  readonly book: CallBook
  readonly spool: Spool
  /** Queues that are paused; changed here. */
  readonly paused: Set<string>
  readonly lanes: () => Iterable<Lane>
  readonly limitOf: (lane: Lane) => number
  /** Ends a call that waits. False: it has ended by itself. */
  readonly cancel: (call: QueuedCall) => Promise<boolean>
  readonly onResumed: () => void
  readonly clock: Clock
}

const PORTION = 200
const AT_ONCE = 50

/** What people and programs see and change of the queues. */
export class QueueAdmin {
  readonly #options: QueueAdminOptions

  constructor(options: QueueAdminOptions) {
    this.#options = options
  }

  queues(): readonly QueueReport[] {
    const { paused, lanes, book } = this.#options
    const open = new Map(book.open().map((calls) => [`${calls.queue} ${calls.fn}`, calls]))
    const byQueue = new Map<string, LaneReport[]>([[DEFAULT_QUEUE, []]])
    for (const queue of paused) byQueue.set(queue, [])
    for (const lane of lanes()) {
      const { queue, fn } = lane.name
      const reports = byQueue.get(queue) ?? []
      byQueue.set(queue, reports)
      reports.push(this.#report(lane, open.get(`${queue} ${fn}`)))
    }
    return [...byQueue].map(([queue, functions]) => ({ queue, isPaused: paused.has(queue), functions }))
  }

  /** Calls are accepted on; none is made until `resume`. Outlives a restart. Throws `invalid`. */
  async pause(queue: string): Promise<void> {
    checkQueue(queue)
    this.#options.paused.add(queue)
    await this.#save(queue, true)
  }

  async resume(queue: string): Promise<void> {
    checkQueue(queue)
    this.#options.paused.delete(queue)
    await this.#save(queue, false)
    this.#options.onResumed()
  }

  /** Cancels what waits; answers how many calls. */
  async purge(queue: string, fn?: FunctionName): Promise<number> {
    checkQueue(queue)
    const { book, cancel } = this.#options
    let count = 0
    for (const state of ['queued', 'waiting'] as const) {
      for (let before: string | undefined; ;) {
        const which = { ...(fn !== undefined && { fn }), ...(before !== undefined && { before }) }
        const page = book.list({ ...which, state, queue, limit: PORTION })
        before = page.at(-1)?.id
        // Each waits for the disk: one after the other, 100,000 of them take minutes.
        for (let at = 0; at < page.length; at += AT_ONCE) {
          const cancelled = await Promise.all(page.slice(at, at + AT_ONCE).map((call) => cancel(call)))
          count += cancelled.filter(Boolean).length
        }
        if (page.length < PORTION) break
      }
    }
    return count
  }

  calls(query: QueuedCallQuery): readonly QueuedCall[] {
    return this.#options.book.list(query)
  }

  /** All that have this call id, the first one first. Throws `not-found`. */
  callsOf(callId: string): readonly CallHistory[] {
    const { book } = this.#options
    const calls = book.byCallId(callId)
    if (calls.length === 0) throw new FaasError('not-found', 'no asynchronous call has this id')
    return calls.map((call) => ({ call, attempts: book.attempts(call.id) }))
  }

  /**
   * The kept answer of the last call with this id; null: there is none yet. Throws `not-found` when there is no
   * such call, or nobody wanted its answer kept.
   */
  async result(callId: string): Promise<KeptResult | null> {
    const { book, spool } = this.#options
    const call = book.byCallId(callId).at(-1)
    if (call === undefined) throw new FaasError('not-found', 'no asynchronous call has this id')
    if (call.resultHead !== '') {
      const { status, rawHeaders } = JSON.parse(call.resultHead) as Pick<KeptResult, 'status' | 'rawHeaders'>
      if (call.resultFile === '') return { status, rawHeaders, size: 0, chunks: null }
      const size = await spool.size(call.resultFile)
      if (size === null) throw new FaasError('not-found', 'the answer of this call is not there any more')
      return { status, rawHeaders, size, chunks: spool.read(call.resultFile) }
    }
    if (call.finishedAtMs === 0) return null
    const how = 'ask for it with the header X-Async-Store: 1 or the annotation com.sampan.async.store: "true"'
    throw new FaasError('not-found', `the answer of this call was not kept: ${how}`)
  }

  #report(lane: Lane, open: OpenCalls | undefined): LaneReport {
    const { limitOf, clock } = this.#options
    const { fn } = lane.name
    const [inFlight, delayed] = [lane.running, open?.delayed ?? 0]
    // The stream has all three kinds.
    const pending = Math.max(0, lane.stored - inFlight - delayed)
    const oldestMs = open === undefined ? null : Math.max(0, clock.wall() - open.oldestAtMs)
    return { fn, pending, inFlight, delayed, oldestMs, limit: limitOf(lane) }
  }

  async #save(queue: string, isPaused: boolean): Promise<void> {
    const { book } = this.#options
    book.setPaused(queue, isPaused)
    await book.saved()
  }
}

function checkQueue(queue: string): void {
  if (isQueueName(queue)) return
  throw new FaasError('invalid', 'queue: must be 1 to 63 lower-case letters, digits, - or _')
}
