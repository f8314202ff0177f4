import type { Clock } from '../../../clock.ts'
import { messageOf } from '../../../core/errors.ts'
import type { Log } from '../../../log.ts'
import { WorkQueue } from '../../../work/work-queue.ts'
import type { QueueLink, QueueSession } from '../../session.ts'
import { codeOf } from '../../publisher.ts'
import { consumerOf, laneOf } from '../../job/subjects.ts'
import type { LaneConsumers } from './lane-consumers.ts'
import type { Lane } from './lane.ts'
import type { Lanes } from './lanes.ts'

export interface ReconciliationOptions {
  readonly stream: string
  /** Of its subjects; ends with a dot. */
  readonly prefix: string
  readonly lanes: Lanes
  readonly consumers: LaneConsumers
  readonly link: QueueLink
  readonly clock: Clock
  readonly log: Log
  /** The lanes know what the stream has. */
  readonly onLook: () => void
}

const LOOK_MS = 5_000

/** "consumer not found" */
const NO_CONSUMER = 10014

/** Looks in a row at which messages must be unknown to their consumer before it is made anew. */
const ORPHAN_LOOKS = 2

/**
 * The net under the dispatcher: counts what the stream has, so that a message that nobody told of is taken all
 * the same: from before a restart, put off by an earlier process, or lost to its consumer (nats-server 7680).
 */
export class Reconciliation {
  readonly #options: ReconciliationOptions
  readonly #looks: WorkQueue<'all'>
  #cancel = (): void => {}
  #isStopping = false
  /** Nothing is known yet of what an earlier process left. */
  #isFirst = true
  /** Number of the last message that the last count has seen. */
  #countedTo = 0
  /** What we are told of while a count is under way, which may have seen it or not; null: none is. */
  #meanwhile: { readonly lane: Lane; readonly sequence: number }[] | null = null

  constructor(options: ReconciliationOptions) {
    this.#options = options
    this.#looks = new WorkQueue(1, () => this.#look())
  }

  start(): void {
    this.#cancel = this.#options.clock.after(LOOK_MS, () => {
      this.lookSoon()
      this.start()
    })
  }

  /** The answer to whoever stored a message may come before or after that to a count which has seen it. */
  queued(lane: Lane, sequence: number): void {
    if (sequence <= this.#countedTo) return
    lane.stored += 1
    this.#meanwhile?.push({ lane, sequence })
  }

  /** Another server, or the same one anew: its numbers may begin again. */
  connected(): void {
    this.#countedTo = 0
    this.lookSoon()
  }

  lookSoon(): void {
    if (!this.#isStopping) this.#looks.add('all')
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    this.#cancel()
    await this.#looks.stop()
  }

  async #look(): Promise<void> {
    const { link, stream, prefix, log, onLook } = this.#options
    const { session } = link
    if (session === null) return
    try {
      this.#meanwhile = []
      const { state } = await session.jsm.streams.info(stream, { subjects_filter: `${prefix}>` })
      if (link.session !== session) return
      this.#note(new Map(Object.entries(state.subjects ?? {})), state.last_seq)
      this.#meanwhile = null
      // Before lanes are told to go on: one that pulls is not at rest.
      await this.#lookForOrphans(session).finally(onLook)
      if (this.#isFirst) await this.#removeLeftOver(session)
      this.#isFirst = false
    } catch (error) {
      log.warn('queue not counted, will retry', { stream, reason: messageOf(error) })
    } finally {
      this.#meanwhile = null
    }
  }

  /**
   * Consumers of an earlier process whose lanes have nothing: nobody would ever find them idle, and a stream takes
   * only so many.
   */
  async #removeLeftOver({ jsm }: QueueSession): Promise<void> {
    const { lanes, stream, prefix } = this.#options
    const left: string[] = []
    for await (const { name, config } of jsm.consumers.list(stream)) {
      const lane = laneOf(prefix, config.filter_subject ?? '')
      if (lane !== null && consumerOf(lane) === name) left.push(config.filter_subject ?? '')
    }
    for (const subject of left) {
      const lane = laneOf(prefix, subject)
      // Something may have come meanwhile.
      if (lane !== null && lanes.bySubject(subject) === undefined)
        await jsm.consumers.delete(stream, consumerOf(lane)).catch(() => false)
    }
  }

  #note(counts: ReadonlyMap<string, number>, lastSequence: number): void {
    const { lanes, clock } = this.#options
    for (const lane of lanes.all()) lane.stored = counts.get(lane.subject) ?? 0
    for (const [subject, count] of counts) {
      const lane = lanes.openSubject(subject, clock.now())
      if (lane === undefined) continue
      lane.stored = count
      if (count > lane.held) lane.tell()
    }
    for (const { lane, sequence } of this.#meanwhile ?? []) if (sequence > lastSequence) lane.stored += 1
    this.#countedTo = lastSequence
  }

  /** In a lane at rest the consumer knows each message. Less in the stream is normal after a crash, and heals. */
  async #lookForOrphans({ jsm }: QueueSession): Promise<void> {
    const { lanes, stream, consumers } = this.#options
    for (const lane of lanes.all()) {
      if (!isSuspicious(lane)) {
        lane.orphanLooks = 0
        continue
      }
      const { stored } = lane
      const info = await jsm.consumers.info(stream, lane.consumer).catch((error: unknown) => {
        if (codeOf(error) !== NO_CONSUMER) throw error
        return null
      })
      if (info === null) {
        // Somebody removed it: it is made again at the next turn.
        lane.isOpen = false
        continue
      }
      const isUnknown = stored === lane.stored && stored > info.num_pending + info.num_ack_pending
      lane.orphanLooks = isUnknown && lane.held === 0 ? lane.orphanLooks + 1 : 0
      if (lane.orphanLooks < ORPHAN_LOOKS) continue
      lane.orphanLooks = 0
      consumers.renew(lane)
    }
  }
}

function isSuspicious(lane: Lane): boolean {
  return lane.isOpen && !lane.isBusy && lane.held === 0 && lane.stored > 0
}
