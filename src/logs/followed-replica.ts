import { messageOf } from '../core/errors.ts'
import type { LogLine, LogQuery } from '../core/provider/log-line.ts'
import { millisecondsOf } from '../core/provider/log-timestamp.ts'
import { shortId } from '../core/short-id.ts'
import type { Log } from '../log.ts'
import { sinceOf, type LogHistory } from './history.ts'
import { SeenLines } from './seen-lines.ts'
import type { TailReader } from './shared-tail.ts'
import type { HeldTail } from './tail-hub.ts'

export interface FollowedReplicaOptions {
  readonly id: string
  readonly query: LogQuery
  readonly history: LogHistory
  /** Released with this. */
  readonly held: HeldTail
  readonly log: Log
  /** The tail has lines for it, or has ended. */
  readonly wake: () => void
}

/** Times that a reader goes back to the log because the ring has moved on; then it lives with the gap. */
const MOST_CATCH_UPS = 5

/**
 * One replica as one follower reads it: the log itself up to now, then the ring of the shared tail. The tail
 * is open before the log is read, so what is written meanwhile waits in the ring, and no line falls between.
 * In each state it knows in another way what it has had, so that none comes twice:
 *
 *     state    it reads                     it has had                           the tail waits for it
 *     reading  the log, or the history      lines that `seen` knows              no
 *     joining  the ring, from its start     lines that `seen` knows              a second, once it kept up
 *     live     the ring, from its position  all before its position              a second, while it keeps up
 *     ended    what the archive has         `seen` knows the ring's last lines   there is none
 *
 *     state    event                                    action                                next
 *     reading  the log has lines                        hand on those not seen, note them     reading
 *              it ends; the ring reaches back to them   go to the start of the ring           joining
 *              it ends; the ring has lost lines since   read the log from there, five times   reading
 *              the same after that                      hand on that there is a gap           joining
 *              it cannot be read                        as if it had ended: the tail has it   joining
 *     joining  the ring has lines                       hand on those not seen, note them     joining
 *              a line newer than all seen has come      remember no lines from now on         live
 *     live     the ring has lines                       hand them on as they are              live
 *     both     lines before its position are lost       hand on how many, go on behind them   the same
 *              the tail has ended and the replica gone  hand on the rest of the ring          ended
 *     ended    the archive has lines                    hand on those not seen                ended
 *
 * A follower that leaves releases it, in any state.
 */
export class FollowedReplica {
  readonly id: string
  readonly #options: FollowedReplicaOptions
  readonly #since: string
  readonly #seen = new SeenLines()
  readonly #reader: TailReader
  readonly #detach: () => void
  #state: 'reading' | 'joining' | 'live' | 'ended' = 'reading'

  constructor(options: FollowedReplicaOptions) {
    this.id = options.id
    this.#options = options
    this.#since = sinceOf(options.query) ?? ''
    this.#reader = { position: 0, isBehind: true, wake: options.wake }
    this.#detach = options.held.tail.attach(this.#reader)
  }

  /** Resolves when what is written from now on reaches the ring, or when there is no hope for that. */
  get opened(): Promise<void> {
    return this.#options.held.tail.opened
  }

  /** No line will come any more but those that it has not taken. */
  get hasTailEnded(): boolean {
    return this.#options.held.tail.hasEnded
  }

  /** The follower's history has these lines of this and other replicas. */
  noteOld(lines: readonly LogLine[]): void {
    this.#seen.note(lines.filter(({ instance }) => instance === shortId(this.id)))
  }

  /** Joins the tail behind the history. With a `tail` in the query nothing older than that is wanted. */
  async *joinBehindHistory(signal: AbortSignal): AsyncGenerator<readonly LogLine[], void> {
    if (this.#options.query.tail !== undefined) this.#seen.ignoreEarlier()
    yield* this.#join(signal)
  }

  /** Reads all that it has written, and joins the tail behind it. */
  async *joinFromStart(signal: AbortSignal): AsyncGenerator<readonly LogLine[], void> {
    yield* this.#readLog(signal)
    yield* this.#join(signal)
  }

  /** The next lines of the ring, and whether it has more. */
  take(): { readonly lines: readonly LogLine[]; readonly isMore: boolean } {
    const { tail } = this.#options.held
    const { lines, missed } = tail.take(this.#reader)
    const gap = missed === 0 ? [] : [this.#marker(`${missed} lines were`)]
    const fresh = this.#unseen(lines)
    // The same array for every follower, as long as it can be.
    const all = missed === 0 ? fresh : [...gap, ...fresh]
    return { lines: all, isMore: tail.hasMore(this.#reader) }
  }

  /** The replica is gone: the rest of the ring, and what was kept beyond it. */
  async *end(): AsyncGenerator<readonly LogLine[], void> {
    const { history } = this.#options
    const { tail } = this.#options.held
    while (tail.hasMore(this.#reader)) yield this.#unseen(tail.take(this.#reader).lines)
    // Of a live one nothing was noted on the way: what is older than its last lines it has had, also within
    // their millisecond.
    if (this.#state === 'live') {
      this.#seen.note(tail.lastHad(this.#reader))
      this.#seen.ignoreEarlier()
    }
    this.#state = 'ended'
    this.#seen.rewind()
    for await (const batch of history.readGone(this.#restOfLog(), this.id)) yield this.#fresh(batch)
  }

  release(): void {
    this.#detach()
    this.#options.held.release()
  }

  async *#join(signal: AbortSignal): AsyncGenerator<readonly LogLine[], void> {
    const { tail } = this.#options.held
    for (let round = 0; ; round += 1) {
      this.#seen.rewind()
      this.#reader.position = tail.reach.first
      const isGap = tail.reach.newestOut > (this.#seen.newest ?? this.#since)
      // One that was not quick enough before shall not hold up the others now.
      this.#reader.isBehind = isGap
      if (!isGap || round === MOST_CATCH_UPS) {
        this.#state = 'joining'
        if (isGap) yield [this.#marker('lines were')]
        return
      }
      yield* this.#readLog(signal)
    }
  }

  /** What the provider or the archive has behind the lines had. */
  async *#readLog(signal: AbortSignal): AsyncGenerator<readonly LogLine[], void> {
    const { history, query, log } = this.#options
    this.#seen.rewind()
    try {
      for await (const batch of history.readReplica(this.#restOfLog(), this.id, signal)) {
        yield this.#fresh(batch)
      }
    } catch (error) {
      // The engine is away: the tail comes back with it and has the lines.
      const facts = { fn: query.fn, replica: shortId(this.id), reason: messageOf(error) }
      log.debug('log not read', facts)
    }
  }

  /**
   * Costs nothing once it is live: with hundreds of followers, what each remembers would fill the memory.
   */
  #unseen(batch: readonly LogLine[]): readonly LogLine[] {
    if (this.#state === 'live') return batch
    const { isPast, newest = '' } = this.#seen
    if (isPast && newest >= this.#since) this.#state = 'live'
    return this.#fresh(batch)
  }

  #fresh(batch: readonly LogLine[]): readonly LogLine[] {
    const fresh = batch.filter((line) => this.#seen.isNew(line))
    this.#seen.note(fresh)
    const wanted = fresh.filter((line) => line.timestamp >= this.#since)
    // The same array where nothing was left out: others have it too.
    return wanted.length === batch.length ? batch : wanted
  }

  #restOfLog(): LogQuery {
    const { query } = this.#options
    const { resumeAt } = this.#seen
    return resumeAt === undefined ? query : { ...query, sinceMs: millisecondsOf(resumeAt) }
  }

  #marker(what: string): LogLine {
    return {
      timestamp: this.#seen.newest ?? this.#since,
      instance: shortId(this.id),
      text: `[sampan] ${what} left out: the reader is slower than the log`,
    }
  }
}
