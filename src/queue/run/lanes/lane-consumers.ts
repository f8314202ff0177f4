import type { AckPolicy } from '@nats-io/jetstream'
import { messageOf } from '../../../core/errors.ts'
import type { Log } from '../../../log.ts'
import { Background } from '../../../work/background.ts'
import { Limiter } from '../../../work/limiter.ts'
import type { QueueLink, QueueSession } from '../../session.ts'
import { codeOf } from '../../publisher.ts'
import type { Lane } from './lane.ts'

export interface LaneConsumersOptions {
  readonly stream: string
  readonly link: QueueLink
  readonly ackWaitMs: number
  readonly log: Log
  /** The consumer of a lane is there. */
  readonly onOpen: () => void
}

const NANOSECONDS = 1_000_000

/** "consumer not found" */
const NO_CONSUMER = 10014

/** Made at a time. */
const PARALLEL = 16

/** The durable consumers of lanes: made when there is something to take, removed when they idled for long. */
export class LaneConsumers {
  readonly #options: LaneConsumersOptions
  readonly #limiter = new Limiter(PARALLEL)
  /** Those that this process has made. */
  readonly #ours = new Set<string>()
  readonly #background: Background
  /** Those that were made anew after a server had said "done" to what was not, and in which session. */
  readonly #renewed = new WeakMap<Lane, QueueSession>()

  constructor(options: LaneConsumersOptions) {
    this.#options = options
    this.#background = new Background(options.log)
  }

  /** Makes it, or finds it as it should be. Returns at once; `onOpen` is told the end. */
  open(lane: Lane): void {
    this.#work(lane, async () => {
      const { link, stream, ackWaitMs, onOpen } = this.#options
      const { session } = link
      if (session === null) return
      await this.#makeDoubtfulAnew(lane, session)
      await session.jsm.consumers.add(stream, {
        durable_name: lane.consumer,
        filter_subject: lane.subject,
        // The library is loaded when a queue is started, and its enumerations with it.
        ack_policy: 'explicit' as AckPolicy,
        ack_wait: ackWaitMs * NANOSECONDS,
        // Attempts are counted by us: at the end of its own count the server would park a message for ever.
        max_deliver: -1,
        // What is put off counts as not acknowledged: a limit here would hold everything else up.
        max_ack_pending: -1,
      })
      this.#ours.add(lane.consumer)
      if (link.session !== session) return
      lane.isUncertain = false
      lane.isOpen = true
      onOpen()
    })
  }

  /** `onGone`: it is not there any more. */
  remove(lane: Lane, onGone: () => void): void {
    this.#work(lane, async () => {
      await this.#delete(lane)
      // Something may have come meanwhile.
      if (lane.stored === 0 && lane.due.next === null) onGone()
      else {
        lane.mayHaveMore = true
        this.#options.onOpen()
      }
    })
  }

  /** Has the server look at the messages of the lane anew: those that its consumer lost are delivered. */
  renew(lane: Lane): void {
    this.#options.log.warn('messages that their consumer does not know: it is made anew', {
      consumer: lane.consumer,
    })
    this.#work(lane, async () => {
      await this.#delete(lane)
      lane.mayHaveMore = true
      this.#options.onOpen()
    })
  }

  settled(): Promise<void> {
    return this.#background.settled()
  }

  /**
   * What an earlier process had taken, or what was lost on its way with a connection, would come back only when
   * its time is over; nobody else takes from it. And from 2.14 on a server whose write failed acknowledges what
   * it keeps: only a new consumer delivers that again (jetstream.md, 4). What has ended is acknowledged then,
   * what runs goes on, what waits is told to wait again.
   */
  async #makeDoubtfulAnew(lane: Lane, session: QueueSession): Promise<void> {
    const { stream } = this.#options
    const isLie = session.hadWriteError && this.#renewed.get(lane) !== session
    if (this.#ours.has(lane.consumer) && !isLie && !lane.isUncertain) return
    await session.jsm.consumers.delete(stream, lane.consumer).catch((error: unknown) => {
      if (codeOf(error) !== NO_CONSUMER) throw error
    })
    this.#renewed.set(lane, session)
  }

  async #delete(lane: Lane): Promise<void> {
    const { link, stream } = this.#options
    lane.isOpen = false
    // One that is gone already is as good.
    await link.session?.jsm.consumers.delete(stream, lane.consumer).catch(() => false)
  }

  /** One thing at a time with a lane's consumer. What fails is tried again at the next occasion. */
  #work(lane: Lane, work: () => Promise<void>): void {
    if (lane.isBusy) return
    lane.isBusy = true
    this.#background.run('see to a consumer', async () => {
      try {
        await this.#limiter.run(work)
      } catch (error) {
        const { log } = this.#options
        log.warn('consumer not ready, will retry', { consumer: lane.consumer, reason: messageOf(error) })
      } finally {
        lane.isBusy = false
      }
    })
  }
}
