import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import { Background } from '../work/background.ts'
import type { Outbox } from './accept/outbox.ts'
import type { LostCalls } from './lost-calls.ts'
import type { DeadLetters } from './manage/dead-letters.ts'
import type { CallBook } from './queue-options.ts'
import type { QueueLink } from './session.ts'
import type { Spool } from './spool.ts'
import type { Strays } from './strays.ts'

export interface HousekeepingOptions {
  readonly book: CallBook
  readonly spool: Spool
  readonly outbox: Outbox
  readonly deadLetters: DeadLetters
  readonly lostCalls: LostCalls
  readonly strays: Strays
  readonly link: QueueLink
  readonly limits: { readonly keepMs: number; readonly keepMost: number }
  readonly clock: Clock
  readonly log: Log
}

/** Small portions, often: removing rows takes the event loop. */
const PORTION = 200
const SHORT_PAUSE_MS = 100
const LONG_PAUSE_MS = 5_000

/**
 * After so long the server does not deliver again what has ended, also when it lost an acknowledgement: until then
 * only the row keeps it from running once more.
 */
const SETTLED_MS = 180_000

/** Between looks at the outbox. */
const OUTBOX_MS = 1_000

/** Between comparisons with the dead letters, of which the stream drops the oldest by itself. */
const LETTERS_MS = 600_000

/** Forgets calls that ended long ago, and their files; empties the outbox of what came in beside a session. */
export class Housekeeping {
  readonly #options: HousekeepingOptions
  readonly #background: Background
  #cancel = (): void => {}
  #cancelOutbox = (): void => {}
  #cancelLetters = (): void => {}
  #cancelStrays = (): void => {}
  #isStopping = false

  constructor(options: HousekeepingOptions) {
    this.#options = options
    this.#background = new Background(options.log)
  }

  /** `files`: what was in the spool at the start. */
  start(files: readonly string[]): void {
    this.#background.run('remove files that nobody needs', () => this.#sweep(files))
    this.#next(LONG_PAUSE_MS)
    this.#lookAtOutbox()
    this.#compareLetters()
    this.#options.strays.note(files)
    this.#lookForStrays()
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    this.#cancel()
    this.#cancelOutbox()
    this.#cancelLetters()
    this.#cancelStrays()
    await this.#background.settled()
  }

  /** A call gets there also when the server is slow once, or comes back while the call is written down. */
  #lookAtOutbox(): void {
    const { outbox, link, clock } = this.#options
    if (this.#isStopping) return
    if (outbox.size > 0 && link.session !== null)
      this.#background.run('empty the outbox', () => outbox.drain())
    this.#cancelOutbox = clock.after(OUTBOX_MS, () => this.#lookAtOutbox())
  }

  #compareLetters(): void {
    const { deadLetters, lostCalls, link, clock } = this.#options
    if (this.#isStopping) return
    this.#cancelLetters = clock.after(LETTERS_MS, () => {
      const { session } = link
      if (session !== null) {
        this.#background.run('compare the book with the streams', async () => {
          await deadLetters.reconcile(session)
          await lostCalls.reconcile(session)
        })
      }
      this.#compareLetters()
    })
  }

  #lookForStrays(): void {
    const { link, clock, strays } = this.#options
    if (this.#isStopping) return
    this.#cancelStrays = clock.after(LONG_PAUSE_MS, () => {
      const { session } = link
      if (session !== null) this.#background.run('look for bodies without a call', () => strays.look(session))
      this.#lookForStrays()
    })
  }

  #next(pauseMs: number): void {
    if (this.#isStopping) return
    this.#cancel = this.#options.clock.after(pauseMs, () => this.#prune())
  }

  #prune(): void {
    const { book, clock, limits, spool, log } = this.#options
    let isMore = false
    try {
      const beforeMs = clock.wall() - limits.keepMs
      const settledMs = clock.wall() - SETTLED_MS
      const pruned = book.prune({ beforeMs, settledMs, most: limits.keepMost, limit: PORTION })
      isMore = pruned.isMore
      this.#background.run('remove kept answers', async () => {
        for (const file of pruned.files) await spool.remove(file)
      })
    } catch (err) {
      log.error('ended calls not forgotten, will retry', { err })
    }
    this.#next(isMore ? SHORT_PAUSE_MS : LONG_PAUSE_MS)
  }

  /**
   * What a killed process left: files of calls that have ended, and answers that nobody kept. A body whose call
   * is not in the book stays for now (`Strays`).
   */
  async #sweep(files: readonly string[]): Promise<void> {
    const { book, spool } = this.#options
    const kept = new Set(book.resultFiles())
    for (const file of files) {
      const [id = '', kind] = file.split('.')
      const call = book.get(id)
      const isOver = call !== undefined && call.finishedAtMs > 0
      const isBody = kind === 'body' && isOver && call.state !== 'dead' && call.state !== 'expired'
      const isAnswer = kind === 'answer' && !kept.has(file) && isOver && call.callback !== 'waiting'
      if (isBody || isAnswer) await spool.remove(file)
    }
  }
}
