import type { LaneName } from '../../job/subjects.ts'
import { AdaptiveLimit } from './adaptive-limit.ts'
import { DueTimes } from './due-times.ts'

/** The messages of one function in one queue: what is known of them, and what is being done with them. */
export class Lane {
  readonly name: LaneName
  readonly subject: string
  readonly consumer: string
  readonly adaptive = new AdaptiveLimit()
  /** When messages come back that were put off. Since the epoch. */
  readonly due = new DueTimes()
  /** Its consumer is there, as far as we know. */
  isOpen = false
  /** Somebody makes its consumer, or removes it. */
  isBusy = false
  /** A pull may bring something. */
  mayHaveMore = true
  /** Something was told while a pull was under way, which may have looked before. */
  hasNews = false
  /** Token of the pull under way; empty: none. */
  pull = ''
  /** By the process's clock: when that pull began. */
  pulledAtMs = 0
  /** Messages that the pull under way may bring still. */
  asked = 0
  /** Deliveries that are being handled. */
  running = 0
  /** Messages in the stream, roughly: those being handled and put off included. */
  stored = 0
  /** By the process's clock: when something last happened here. */
  usedAtMs: number
  /** The connection broke off while something was on its way: the server may wait for a word that never comes. */
  isUncertain = false
  /** Looks in a row at which the stream had messages that its consumer does not know. */
  orphanLooks = 0

  constructor(
    name: LaneName,
    { subject, consumer, nowMs }: { subject: string; consumer: string; nowMs: number },
  ) {
    this.name = name
    this.subject = subject
    this.consumer = consumer
    this.usedAtMs = nowMs
  }

  get held(): number {
    return this.running + this.asked
  }

  get isQuiet(): boolean {
    return this.held === 0 && this.stored === 0 && this.due.next === null && !this.isBusy
  }

  /** There may be something to take. */
  tell(): void {
    this.mayHaveMore = true
    this.hasNews = true
  }

  /** The connection is new: nothing is known of its consumer any more. */
  reset(): void {
    if (this.held > 0) this.isUncertain = true
    this.isOpen = false
    this.mayHaveMore = true
  }
}
