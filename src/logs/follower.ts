import { deferred } from '../clock.ts'
import { messageOf } from '../core/errors.ts'
import type { LogLine, LogQuery } from '../core/log-line.ts'
import type { Log } from '../log.ts'
import { shortId } from '../core/short-id.ts'
import { isAsked, sinceOf, type LogHistory } from './history.ts'
import { millisecondsOf } from '../core/log-timestamp.ts'
import { SeenLines } from './seen-lines.ts'
import type { HeldTail, ReplicaList, TailHub } from './tail-hub.ts'
import type { TailReader } from './shared-tail.ts'
import type { Turnstile } from './turnstile.ts'
import { Wake } from './wake.ts'

export interface LogFollowerPorts {
  readonly history: LogHistory
  readonly hub: TailHub
  readonly replicas: ReplicaList
  readonly turnstile: Turnstile
  readonly log: Log
}

/**
 * Times that a reader goes back to the engine's log because the ring has moved on; then it lives with the
 * gap.
 */
const MOST_CATCH_UPS = 5

/** A replica that is followed. */
interface Followed {
  readonly id: string
  readonly held: HeldTail
  readonly reader: TailReader
  readonly seen: SeenLines
  readonly detach: () => void
  /**
   * It has passed all that it had before it joined the tail. From then on its place in the tail says what it
   * has had.
   */
  isLive: boolean
}

/**
 * One reader that follows a function: history first, then what its replicas write, over their restarts and
 * replacement. It opens the tails before it reads the history, so that no line falls between, and knows each
 * replica's last lines, so that none comes twice.
 */
export class LogFollower {
  readonly #ports: LogFollowerPorts
  readonly #query: LogQuery
  readonly #since: string
  readonly #wake = new Wake()
  readonly #followed = new Map<string, Followed>()
  #isInLine = false

  constructor(ports: LogFollowerPorts, query: LogQuery) {
    this.#ports = ports
    this.#query = query
    this.#since = sinceOf(query) ?? ''
  }

  async *batches(signal: AbortSignal): AsyncGenerator<readonly LogLine[], void> {
    const unwatch = this.#ports.replicas.onChange(() => this.#getInLine())
    const leave = () => this.#wake.ring()
    signal.addEventListener('abort', leave, { once: true })
    try {
      const first = await this.#takeOn(signal)
      const onLines = (lines: readonly LogLine[]) => this.#noteOld(lines)
      yield* this.#ports.history.read(this.#query, signal, onLines)
      for (const followed of first) {
        if (this.#query.tail !== undefined) followed.seen.ignoreEarlier()
        yield* this.#catchUp(followed, signal)
      }

      while (!signal.aborted) {
        for (const followed of await this.#takeOn(signal)) {
          yield* this.#reread(followed, signal)
          yield* this.#catchUp(followed, signal)
        }
        const { lines, isMore } = this.#takeLines()
        if (lines.length > 0) yield lines
        yield* this.#letGo()
        if (isMore) this.#getInLine()
        if (!signal.aborted) await this.#wake.heard()
      }
    } finally {
      unwatch()
      signal.removeEventListener('abort', leave)
      for (const followed of this.#followed.values()) release(followed)
    }
  }

  /** Wakes this reader when it is its turn. */
  #getInLine(): void {
    if (this.#isInLine) return
    this.#isInLine = true
    this.#ports.turnstile.admit(this.#turn)
  }

  readonly #turn = () => {
    this.#isInLine = false
    this.#wake.ring()
  }

  /** Begins with replicas that are new; resolves when their tails are open. */
  async #takeOn(signal: AbortSignal): Promise<readonly Followed[]> {
    const { fn } = this.#query
    const fresh = this.#ports.replicas
      .replicas(fn)
      .filter(({ id }) => isAsked(this.#query, id) && !this.#followed.has(id))
      .map(({ id }) => this.#begin(id))
    if (fresh.length === 0) return fresh
    const left = deferred<void>()
    const leave = () => left.resolve()
    signal.addEventListener('abort', leave, { once: true })
    if (!signal.aborted)
      await Promise.race([Promise.all(fresh.map(({ held }) => held.tail.opened)), left.promise])
    signal.removeEventListener('abort', leave)
    return fresh
  }

  #begin(id: string): Followed {
    const held = this.#ports.hub.acquire(this.#query.fn, id)
    const reader: TailReader = { position: 0, isBehind: true, wake: () => this.#getInLine() }
    const followed = {
      id,
      held,
      reader,
      seen: new SeenLines(),
      detach: held.tail.attach(reader),
      isLive: false,
    }
    this.#followed.set(id, followed)
    return followed
  }

  #noteOld(lines: readonly LogLine[]): void {
    for (const { id, seen } of this.#followed.values()) {
      seen.note(lines.filter(({ instance }) => instance === shortId(id)))
    }
  }

  /**
   * Joins the tail behind what was read; goes back to the engine's log while the ring does not reach that
   * far.
   */
  async *#catchUp(followed: Followed, signal: AbortSignal): AsyncGenerator<readonly LogLine[], void> {
    const { seen, held, reader } = followed
    for (let round = 0; round < MOST_CATCH_UPS; round += 1) {
      seen.rewind()
      reader.position = held.tail.reach.first
      reader.isBehind = false
      if (held.tail.reach.newestOut <= (seen.newest ?? this.#since)) return
      yield* this.#reread(followed, signal)
    }
    seen.rewind()
    reader.position = held.tail.reach.first
    yield [this.#marker(followed, 'lines were')]
  }

  /** What the engine or the archive has of the replica behind the lines had. */
  async *#reread(followed: Followed, signal: AbortSignal): AsyncGenerator<readonly LogLine[], void> {
    const { seen, id, reader } = followed
    reader.isBehind = true
    seen.rewind()
    try {
      for await (const batch of this.#ports.history.readReplica(this.#restOf(seen), id, signal)) {
        yield this.#fresh(seen, batch)
      }
    } catch (error) {
      // The engine is away: the tail comes back with it and has the lines.
      this.#ports.log.debug('log not read', {
        fn: this.#query.fn,
        replica: shortId(id),
        reason: messageOf(error),
      })
    }
  }

  /** What the tails have, one batch of each, in the order of time. */
  #takeLines(): { readonly lines: readonly LogLine[]; readonly isMore: boolean } {
    let lines: readonly LogLine[] = []
    let isMore = false
    let sources = 0
    for (const followed of this.#followed.values()) {
      const { lines: batch, missed } = followed.held.tail.take(followed.reader)
      if (missed > 0) lines = append(lines, [this.#marker(followed, `${missed} lines were`)])
      // The same array for every follower, as long as it can be.
      lines = append(lines, this.#unseen(followed, batch))
      if (batch.length > 0) sources += 1
      isMore ||= followed.held.tail.hasMore(followed.reader)
    }
    return { lines: sources > 1 ? lines.toSorted(byTime) : lines, isMore }
  }

  /**
   * Costs nothing once the follower is live: with hundreds of them, what it remembers would fill the memory.
   */
  #unseen(followed: Followed, batch: readonly LogLine[]): readonly LogLine[] {
    if (followed.isLive) return batch
    const { isPast, newest = '' } = followed.seen
    followed.isLive = isPast && newest >= this.#since
    return this.#fresh(followed.seen, batch)
  }

  #fresh(seen: SeenLines, batch: readonly LogLine[]): readonly LogLine[] {
    const fresh = batch.filter((line) => seen.isNew(line))
    seen.note(fresh)
    const wanted = fresh.filter((line) => line.timestamp >= this.#since)
    // The same array where nothing was left out: others have it too.
    return wanted.length === batch.length ? batch : wanted
  }

  /** Ends with replicas that are gone, after the last that they have left. */
  async *#letGo(): AsyncGenerator<readonly LogLine[], void> {
    const existing = new Set(this.#ports.replicas.replicas(this.#query.fn).map(({ id }) => id))
    for (const followed of this.#followed.values()) {
      const { tail } = followed.held
      if (existing.has(followed.id) || !tail.hasEnded) continue
      while (tail.hasMore(followed.reader)) {
        yield this.#unseen(followed, tail.take(followed.reader).lines)
      }
      // Of a live one nothing was noted on the way: what is older than its last lines it has had, also within
      // their millisecond.
      if (followed.isLive) {
        followed.seen.note(tail.lastHad(followed.reader))
        followed.seen.ignoreEarlier()
      }
      followed.seen.rewind()
      for await (const batch of this.#ports.history.readGone(this.#restOf(followed.seen), followed.id)) {
        yield this.#fresh(followed.seen, batch)
      }
      this.#followed.delete(followed.id)
      release(followed)
    }
  }

  #restOf(seen: SeenLines): LogQuery {
    const { resumeAt } = seen
    return resumeAt === undefined ? this.#query : { ...this.#query, sinceMs: millisecondsOf(resumeAt) }
  }

  #marker({ id, seen }: Followed, what: string): LogLine {
    const timestamp = seen.newest ?? this.#since
    return {
      timestamp,
      instance: shortId(id),
      text: `[sampan] ${what} left out: the reader is slower than the log`,
    }
  }
}

function append(lines: readonly LogLine[], more: readonly LogLine[]): readonly LogLine[] {
  if (more.length === 0) return lines
  return lines.length === 0 ? more : [...lines, ...more]
}

function byTime(a: LogLine, b: LogLine): number {
  if (a.timestamp === b.timestamp) return 0
  return a.timestamp < b.timestamp ? -1 : 1
}

function release(followed: Followed): void {
  followed.detach()
  followed.held.release()
}
