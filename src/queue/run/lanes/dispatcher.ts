import type { Clock } from '../../../clock.ts'
import type { Log } from '../../../log.ts'
import type { LaneName } from '../../job/subjects.ts'
import { TurnEnd } from '../../../work/turn-end.ts'
import type { QueueLink, QueueSession } from '../../session.ts'
import { LaneConsumers } from './lane-consumers.ts'
import type { Lane } from './lane.ts'
import { Lanes } from './lanes.ts'
import { shareOf } from './lane-share.ts'
import { Puller } from './puller.ts'
import { Pulls } from './pulls.ts'
import { Receipt } from './receipt.ts'
import { Reconciliation } from './reconciliation.ts'

/** A message to be handled. */
export interface Delivery {
  readonly lane: Lane
  readonly data: Uint8Array
  readonly receipt: Receipt
}

export interface DispatcherOptions {
  readonly stream: string
  /** Of its subjects; ends with a dot. */
  readonly prefix: string
  /** How long the server waits for a word before it delivers again. */
  readonly ackWaitMs: number
  /** Deliveries handled at a time, of all lanes together. */
  readonly most: number
  readonly link: QueueLink
  readonly clock: Clock
  readonly log: Log
  /** The most of one lane at a time. */
  readonly limitOf: (lane: Lane) => number
  /** The most of one queue at a time. */
  readonly queueLimit: (queue: string) => number
  readonly isPaused: (queue: string) => boolean
  /** Must not reject. Resolves when the place may be given to another. */
  readonly handle: (delivery: Delivery) => Promise<void>
}

/** A lane that had nothing to do for so long loses its consumer, which costs the server 50 kB. */
const IDLE_MS = 600_000

/** A pull that waits for nothing is answered at once. One without an answer for so long never will be. */
const UNANSWERED_MS = 15_000

const LONGEST_ALARM_MS = 60_000

/**
 * Takes messages from a stream, each lane's by its own consumer, and has them handled: never more at a time
 * than there are places, in fair turns, and only when one is free. A message that waits for a place waits in
 * the stream, where it costs nothing and can be cancelled.
 */
export class Dispatcher {
  readonly #options: DispatcherOptions
  readonly #lanes: Lanes
  readonly #consumers: LaneConsumers
  readonly #reconciliation: Reconciliation
  readonly #pulls = new Pulls()
  readonly #turnEnd = new TurnEnd()
  readonly #running = new Set<Promise<void>>()
  #puller: Puller | null = null
  #isArmed = false
  #isStopping = false
  #unwatch = (): void => {}
  #cancelAlarm = (): void => {}
  #alarmAtMs = Infinity

  constructor(options: DispatcherOptions) {
    this.#options = options
    const { stream, prefix, link, ackWaitMs, clock, log } = options
    this.#lanes = new Lanes(prefix)
    this.#consumers = new LaneConsumers({ stream, link, ackWaitMs, log, onOpen: () => this.#arm() })
    this.#reconciliation = new Reconciliation({
      stream,
      prefix,
      lanes: this.#lanes,
      consumers: this.#consumers,
      link,
      clock,
      log,
      onLook: () => this.#looked(),
    })
  }

  start(): void {
    const { link } = this.#options
    this.#unwatch = link.watch((session) => this.#connected(session))
    if (link.session !== null) this.#connected(link.session)
    this.#reconciliation.start()
  }

  /** Takes no more. What is being handled goes on. */
  halt(): void {
    this.#isStopping = true
    this.#unwatch()
    this.#cancelAlarm()
    this.#puller?.close()
    this.#puller = null
  }

  /** After `halt`: resolves when nothing is being handled any more. */
  async stop(): Promise<void> {
    this.halt()
    await this.#reconciliation.stop()
    while (this.#running.size > 0) await Promise.all(this.#running)
    await this.#consumers.settled()
  }

  /** A message of this lane is in the stream, with this number. */
  queued(name: LaneName, sequence: number): void {
    const lane = this.#open(name)
    this.#reconciliation.queued(lane, sequence)
    lane.tell()
    this.#arm()
  }

  /** A message of this lane is out of the stream. */
  removed(name: LaneName): void {
    const lane = this.#lanes.get(name)
    if (lane !== undefined) lane.stored = Math.max(0, lane.stored - 1)
  }

  /** A message of this lane was put off until then; since the epoch. */
  dueAt(name: LaneName, atMs: number): void {
    this.#open(name).due.add(atMs)
    this.#setAlarm()
  }

  /** Something that decides about places has changed: a queue goes on, replicas came. */
  reconsider(): void {
    this.#arm()
  }

  /** Messages in the stream, as far as is known. */
  backlog(name: LaneName): number {
    return this.#lanes.get(name)?.stored ?? 0
  }

  lanes(): Iterable<Lane> {
    return this.#lanes.all()
  }

  get running(): number {
    return this.#running.size
  }

  #open(name: LaneName): Lane {
    const lane = this.#lanes.open(name, this.#options.clock.now())
    lane.usedAtMs = this.#options.clock.now()
    return lane
  }

  #connected(session: QueueSession | null): void {
    this.#puller?.close()
    this.#puller = null
    for (const lane of this.#lanes.all()) lane.reset()
    this.#pulls.clear()
    if (session === null || this.#isStopping) return
    this.#puller = new Puller(session, this.#options.stream, {
      onMessage: (message) => this.#received(message),
      onEnd: (token, isGone) => this.#ended(token, isGone),
    })
    this.#reconciliation.connected()
  }

  /** Once for everything that happens within a turn of the event loop. */
  #arm(): void {
    if (this.#isArmed || this.#isStopping) return
    this.#isArmed = true
    setImmediate(() => {
      this.#isArmed = false
      this.#fill()
    })
  }

  #fill(): void {
    const puller = this.#puller
    if (puller === null || this.#isStopping) return
    const { most, clock, limitOf } = this.#options
    const hungry = this.#lanes.hungry((lane) => this.#wants(lane))
    for (const [at, lane] of hungry.entries()) {
      if (!lane.isOpen) {
        this.#consumers.open(lane)
        continue
      }
      const { held } = lane
      const limit = Math.min(limitOf(lane), held + this.#roomInQueue(lane.name.queue))
      const free = most - this.#running.size - this.#pulls.asked
      const share = shareOf({ free, held, limit, hungry: hungry.length - at })
      if (share === 0) continue
      lane.usedAtMs = clock.now()
      lane.pulledAtMs = lane.usedAtMs
      this.#lanes.served(lane)
      puller.pull(lane.consumer, this.#pulls.begin(lane, share), share)
    }
    this.#setAlarm()
  }

  #wants(lane: Lane): boolean {
    return lane.mayHaveMore && lane.pull === '' && !this.#options.isPaused(lane.name.queue)
  }

  #roomInQueue(queue: string): number {
    const limit = this.#options.queueLimit(queue)
    if (limit >= this.#options.most) return limit
    let held = 0
    for (const lane of this.#lanes.all()) if (lane.name.queue === queue) held += lane.held
    return Math.max(0, limit - held)
  }

  #received({ subject, reply, data }: { subject: string; reply: string; data: Uint8Array }): void {
    const { link, handle } = this.#options
    const lane = this.#lanes.bySubject(subject)
    const receipt = new Receipt(link, reply, this.#turnEnd)
    if (lane === undefined || lane.asked === 0) {
      // Nobody asked for it.
      receipt.later(0)
      return
    }
    this.#pulls.arrived(lane)
    lane.running += 1
    lane.mayHaveMore = receipt.facts.pending > 0 || lane.hasNews
    const run = handle({ lane, data, receipt }).finally(() => {
      this.#running.delete(run)
      lane.running -= 1
      lane.usedAtMs = this.#options.clock.now()
      this.#arm()
    })
    this.#running.add(run)
  }

  #ended(token: string, isGone: boolean): void {
    const lane = this.#pulls.end(token)
    if (lane === undefined) return
    if (isGone) lane.isOpen = false
    else lane.mayHaveMore = lane.hasNews
    this.#arm()
  }

  /** All messages of the stream have been counted. */
  #looked(): void {
    const { clock } = this.#options
    const nowMs = clock.now()
    for (const lane of this.#lanes.all()) {
      // Its places would be lost until the next session. What comes of it all the same is given back.
      if (lane.pull !== '' && nowMs - lane.pulledAtMs > UNANSWERED_MS) this.#ended(lane.pull, true)
      if (!lane.isQuiet || nowMs - lane.usedAtMs < IDLE_MS) continue
      this.#consumers.remove(lane, () => this.#lanes.remove(lane))
    }
    this.#arm()
  }

  /** For the next message that comes back, or the next function that may be asked again. */
  #setAlarm(): void {
    const { clock } = this.#options
    let nextMs = Infinity
    for (const lane of this.#lanes.all()) {
      nextMs = Math.min(nextMs, lane.due.next ?? Infinity)
      const pauseMs = lane.adaptive.pausedUntilMs - clock.now()
      if (pauseMs > 0 && lane.mayHaveMore) nextMs = Math.min(nextMs, clock.wall() + pauseMs)
    }
    if (nextMs === this.#alarmAtMs) return
    this.#cancelAlarm()
    this.#alarmAtMs = nextMs
    if (nextMs === Infinity || this.#isStopping) return
    // A timer of Node rings at once when it is set for more than 24 days, and none follows a corrected clock.
    const inMs = Math.min(LONGEST_ALARM_MS, Math.max(1, nextMs - clock.wall()))
    this.#cancelAlarm = clock.after(inMs, () => this.#ring())
  }

  #ring(): void {
    this.#alarmAtMs = Infinity
    const nowMs = this.#options.clock.wall()
    for (const lane of this.#lanes.all()) if (lane.due.pass(nowMs)) lane.tell()
    this.#arm()
    this.#setAlarm()
  }
}
