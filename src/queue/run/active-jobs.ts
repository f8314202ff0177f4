import type { Clock } from '../../clock.ts'
import type { AnswerSink } from './answer-sink.ts'
import type { Receipt } from './lanes/receipt.ts'

/** A job that is being worked on. */
export interface ActiveJob {
  readonly id: string
  readonly callId: string
  /** Of the delivery that came last: an earlier one may have been given up by the server. */
  receipt: Receipt
  /** Null: it is not being executed, or not any more. */
  sink: AnswerSink | null
  isCancelled: boolean
  /** Its end is being written down: too late to cancel it. */
  isEnding: boolean
}

/**
 * The jobs that are being worked on here: none of them twice, and the server hears of each in time that it is
 * alive.
 */
export class ActiveJobs {
  readonly #byId = new Map<string, ActiveJob>()
  readonly #clock: Clock
  readonly #beatMs: number
  #cancel = (): void => {}

  /** `ackWaitMs`: how long the server waits for a word. */
  constructor(clock: Clock, ackWaitMs: number) {
    this.#clock = clock
    this.#beatMs = ackWaitMs / 3
  }

  start(): void {
    this.#cancel = this.#clock.after(this.#beatMs, () => {
      for (const { receipt } of this.#byId.values()) receipt.working()
      this.start()
    })
  }

  stop(): void {
    this.#cancel()
  }

  get size(): number {
    return this.#byId.size
  }

  /** Null: it is being worked on already, and goes on under the new delivery. */
  enter(
    { id, callId }: { readonly id: string; readonly callId: string },
    receipt: Receipt,
  ): ActiveJob | null {
    const known = this.#byId.get(id)
    if (known !== undefined) {
      known.receipt = receipt
      receipt.working()
      return null
    }
    const job: ActiveJob = { id, callId, receipt, sink: null, isCancelled: false, isEnding: false }
    this.#byId.set(id, job)
    return job
  }

  leave({ id }: ActiveJob): void {
    this.#byId.delete(id)
  }

  get(id: string): ActiveJob | undefined {
    return this.#byId.get(id)
  }

  /** Ends all executions. */
  abort(): void {
    for (const { sink } of this.#byId.values()) sink?.cancel()
  }
}
