import { deferred, type Clock, type Deferred } from '../clock.ts'
import { backoffMs } from '../core/backoff.ts'
import { hasCode, messageOf } from '../core/errors.ts'
import type { LogLine } from '../core/provider/log-line.ts'
import type { OpenLog } from '../core/provider/provider.ts'
import { shortId } from '../core/short-id.ts'
import type { Log } from '../log.ts'
import { LogRing, type RingSlice } from './ring.ts'
import { SeenLines } from './seen-lines.ts'

/** One reader of a tail. */
export interface TailReader {
  /** Number of the line it reads next. */
  position: number
  /** Fell behind, or has not begun: the tail does not wait for it. */
  isBehind: boolean
  /** New lines, or the end. */
  wake(): void
}

export interface TailOptions {
  readonly open: OpenLog
  readonly clock: Clock
  readonly log: Log
  readonly id: string
  /** Whether the replica is still there: a log that ends is opened again while it is. */
  readonly exists: () => boolean
}

const RING = { lines: 4_096, bytes: 1024 * 1024 }
/** Lines by which a reader finds its place in another copy of the log. */
const REMEMBERED = 64
const BATCH = { lines: 512, bytes: 64 * 1024 }
/** Slices that are remembered: more than a crowd in step needs. */
const MOST_SLICES = 8
/** Lines from before the tail: more than can appear between asking the engine and its looking. */
const HEAD_START = 1_000
/** How long a full ring waits for its readers before they lose lines. The engine keeps them meanwhile. */
const PATIENCE_MS = 1_000
/** Readers are woken for many lines at a time, and a crowd more seldom: each round costs every reader. */
const WAKE_EVERY_MS = 25
const WAKE_EVERY_MS_PER_READER = 0.4
const FIRST_RETRY_MS = 250
const LAST_RETRY_MS = 5_000

/**
 * Follows one replica for everybody who follows it: one stream of the engine, one ring of lines, any number
 * of readers. A restart of the replica or of the engine goes unnoticed.
 *
 *     state    event                         action                                            next
 *     opening  the log is open               `opened` resolves                                 open
 *     open     lines                         wait for readers, a second at most; to the ring   open
 *     either   it ends, breaks off, fails    pause, until a nudge at most                      pausing
 *     pausing  the pause is over             ask for lines behind those had                    opening
 *     any      the replica is gone; stop     wake the readers for the last time                ended
 */
export class SharedTail {
  readonly #options: TailOptions
  readonly #ring = new LogRing(RING)
  readonly #readers = new Set<TailReader>()
  readonly #seen = new SeenLines()
  readonly #stopping = new AbortController()
  readonly #opened = deferred<void>()
  #retryNow = new AbortController()
  #progress: Deferred<void> | null = null
  #wokenAtMs = 0
  /** Lines before this number may be read: all readers get the same ones at a time. */
  #published = 0
  /** What was read since, by its first line: a crowd asks for the same. */
  readonly #slices = new Map<number, RingSlice>()
  #isWakeDue = false
  #hasEnded = false
  #run: Promise<void> | null = null

  constructor(options: TailOptions) {
    this.#options = options
  }

  start(): void {
    this.#run ??= this.#follow()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#retryNow.abort()
    this.#progress?.resolve()
    await this.#run
  }

  /** Resolves when the engine has answered once, or will not: what is written then reaches the ring. */
  get opened(): Promise<void> {
    return this.#opened.promise
  }

  /** Resolves when no line will come any more. */
  get ended(): Promise<void> {
    return this.#run ?? Promise.resolve()
  }

  /** No line will come any more. */
  get hasEnded(): boolean {
    return this.#hasEnded
  }

  /** Number of the oldest line, and the newest timestamp that is older; empty when none was lost. */
  get reach(): { readonly first: number; readonly newestOut: string } {
    return this.#ring
  }

  /** Looks again at once: the replica may have started or gone. */
  nudge(): void {
    this.#retryNow.abort()
  }

  attach(reader: TailReader): () => void {
    this.#readers.add(reader)
    return () => {
      this.#readers.delete(reader)
      this.#progress?.resolve()
    }
  }

  /** Every line that was not pushed out yet. */
  get lines(): readonly LogLine[] {
    return this.#ring.before(this.#ring.next, RING.lines)
  }

  /** The last lines that `reader` has had. */
  lastHad(reader: TailReader): readonly LogLine[] {
    return this.#ring.before(reader.position, REMEMBERED)
  }

  hasMore(reader: TailReader): boolean {
    return reader.position < this.#published
  }

  /** The next lines for `reader`, which moves on. A slow reader holds them for long: they are few. */
  take(reader: TailReader): RingSlice {
    const slice = this.#slices.get(reader.position) ?? this.#read(reader.position)
    reader.position = slice.next
    if (slice.next >= this.#published) reader.isBehind = false
    this.#progress?.resolve()
    return slice
  }

  #read(from: number): RingSlice {
    const slice = this.#ring.read(from, this.#published, BATCH)
    if (this.#slices.size >= MOST_SLICES) this.#slices.clear()
    this.#slices.set(from, slice)
    return slice
  }

  async #follow(): Promise<void> {
    const { signal } = this.#stopping
    const { clock, exists } = this.#options
    let failures = 0
    while (!signal.aborted) {
      const before = this.#ring.next
      if (!(await this.#readOnce(signal)) || !exists()) break
      failures = this.#ring.next > before ? 1 : failures + 1
      this.#retryNow = new AbortController()
      const delayMs = backoffMs(failures, FIRST_RETRY_MS, LAST_RETRY_MS)
      // Ends early by a nudge or the stop, and the loop looks again.
      if (!signal.aborted) await clock.sleep(delayMs, this.#retryNow.signal).catch(() => {})
    }
    this.#hasEnded = true
    this.#opened.resolve()
    this.#wakeAll()
  }

  /** One stream from its opening to its end. False when there is no use in another one. */
  async #readOnce(signal: AbortSignal): Promise<boolean> {
    const { open, id, log } = this.#options
    const since = this.#seen.resumeAt
    this.#seen.rewind()
    const from = since === undefined ? { entries: HEAD_START } : { since }
    try {
      const stream = await open(id, { follow: true, ...from }, signal)
      this.#opened.resolve()
      for await (const lines of stream) {
        const fresh = since === undefined ? lines : lines.filter((line) => this.#seen.isNew(line))
        await this.#append(fresh, signal)
      }
      return true
    } catch (error) {
      if (hasCode(error, 'not-found')) return false
      if (!signal.aborted)
        log.debug('log stream broke off', { replica: shortId(id), reason: messageOf(error) })
      return true
    } finally {
      this.#opened.resolve()
    }
  }

  async #append(lines: readonly LogLine[], signal: AbortSignal): Promise<void> {
    // In pieces, so that a large chunk does not push out lines faster than anybody can read.
    for (let at = 0; at < lines.length; at += RING.lines / 4) {
      const piece = lines.slice(at, at + RING.lines / 4)
      await this.#waitForRoom(this.#ring.firstAfter(piece), signal)
      for (const line of piece) this.#ring.append(line)
      this.#seen.note(piece)
      this.#wakeSoon()
    }
  }

  /**
   * Waits until nobody would miss a line before `first`; who takes too long counts as behind from then on.
   */
  async #waitForRoom(first: number, signal: AbortSignal): Promise<void> {
    const isLate = (reader: TailReader) => !reader.isBehind && reader.position < first
    const isAnyLate = () => [...this.#readers].some(isLate)
    if (!isAnyLate()) return

    let isOver = false
    const cancel = this.#options.clock.after(PATIENCE_MS, () => {
      isOver = true
      this.#progress?.resolve()
    })
    this.#wakeAll()
    while (!isOver && !signal.aborted && isAnyLate()) {
      this.#progress = deferred()
      await this.#progress.promise
    }
    this.#progress = null
    cancel()
    for (const reader of this.#readers) if (isLate(reader)) reader.isBehind = true
  }

  #wakeSoon(): void {
    if (this.#isWakeDue) return
    const { clock } = this.#options
    const everyMs = WAKE_EVERY_MS + WAKE_EVERY_MS_PER_READER * this.#readers.size
    const waitMs = this.#wokenAtMs + everyMs - clock.now()
    if (waitMs <= 0) {
      this.#wakeAll()
      return
    }
    this.#isWakeDue = true
    clock.after(waitMs, () => this.#wakeAll())
  }

  #wakeAll(): void {
    this.#isWakeDue = false
    this.#wokenAtMs = this.#options.clock.now()
    this.#published = this.#ring.next
    this.#slices.clear()
    for (const reader of this.#readers) reader.wake()
  }
}
