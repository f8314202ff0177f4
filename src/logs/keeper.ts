import { whenAborted, type Clock } from '../clock.ts'
import { messageOf } from '../core/errors.ts'
import type { LogLine } from '../core/provider/log-line.ts'
import type { LeavingReplica, LogKeeping, OpenLog } from '../core/provider/provider.ts'
import { shortId } from '../core/short-id.ts'
import type { Log } from '../log.ts'
import { Limiter } from '../work/limiter.ts'
import { MOST_REPLICA_BYTES, NewestLines } from './archive-file.ts'
import type { LogArchive } from './archive.ts'
import { readReplicaLog } from './replica-log.ts'

/** What this needs of the tail of a replica, until it is released. */
export interface FollowedLog {
  readonly tail: { readonly ended: Promise<void>; readonly lines: readonly LogLine[] }
  release(): void
}

export interface LogKeeperOptions {
  readonly archive: Pick<LogArchive, 'save'>
  readonly clock: Clock
  readonly log: Log
}

/** Logs that are open at a time. Each costs a socket to the engine, and what that holds unread. */
const MOST_OPEN = 64
/** Logs that are in memory at a time, up to a MiB each, until they are saved. */
const MOST_READ = 8
/** Entries that are asked for: more than fit the archive's size, unless lines are very short. */
const KEPT_ENTRIES = 10_000
/** Lines that are answered. */
const NEWEST = 20
/**
 * For the engine's first lines, and again for all others: a hung engine must not hold up the removal of a
 * replica.
 */
const READ_LIMIT_MS = 10_000

/**
 * Moves logs of replicas that go to the archive. A log is opened when its replica goes, then waits until few
 * others are read, is read and saved. What the waiting costs is no fault of the engine and does not count
 * against its time. Not bounded together with readers: a crowd of them must not make a dead replica wait.
 */
export class LogKeeper implements LogKeeping {
  readonly #options: LogKeeperOptions
  readonly #open = new Limiter(MOST_OPEN)
  readonly #read = new Limiter(MOST_READ)

  constructor(options: LogKeeperOptions) {
    this.#options = options
  }

  /**
   * While no more than 64 logs are open it is opened before this returns. Gives up without a word when
   * `signal` aborts, unless the log is being saved.
   */
  async keep(replica: LeavingReplica, open: OpenLog, signal: AbortSignal): Promise<readonly string[]> {
    try {
      return await this.#open.run(() => this.#keepOpen(replica, open, signal), signal)
    } catch (error) {
      if (!signal.aborted) this.#warnOfPart(replica, { lines: 0, reason: messageOf(error) })
      return []
    }
  }

  /**
   * Keeps what followers were told of a replica that is gone, unless its log was kept before: of one that
   * was removed behind the provider's back the engine gives out no log from the moment at which the removal
   * begins, but goes on with those that it is giving. Releases `followed`. Never throws; bounded in time.
   */
  async keepFollowed({ fn, id }: LeavingReplica, followed: FollowedLog): Promise<void> {
    const { archive, clock } = this.#options
    try {
      await Promise.race([followed.tail.ended, whenAborted(clock.timeout(READ_LIMIT_MS))])
      await this.#read.run(async () => {
        const lines = new NewestLines(MOST_REPLICA_BYTES)
        lines.push(followed.tail.lines)
        await archive.save(fn, id, { lines, isWhole: false })
      })
    } finally {
      followed.release()
    }
  }

  async #keepOpen(replica: LeavingReplica, open: OpenLog, signal: AbortSignal): Promise<readonly string[]> {
    const { fn, id } = replica
    const reader = new AbortController()
    const leave = () => reader.abort()
    signal.addEventListener('abort', leave, { once: true })
    try {
      const batches = readReplicaLog(open, { id, entries: KEPT_ENTRIES }, reader.signal)
      const first = await this.#inTime(reader, () => batches.next())
      return await this.#read.run(async () => {
        const lines = new NewestLines(MOST_REPLICA_BYTES)
        lines.push(first.value ?? [])
        const reason = await this.#drain(batches, lines, reader)
        if (signal.aborted) return []
        if (reason !== null) this.#warnOfPart(replica, { lines: lines.count, reason })
        await this.#options.archive.save(fn, id, { lines, isWhole: reason === null })
        return lines.newest(NEWEST)
      }, signal)
    } finally {
      signal.removeEventListener('abort', leave)
    }
  }

  /** Why it ended before the end of the log; null when it did not. */
  async #drain(
    batches: AsyncIterable<readonly LogLine[]>,
    lines: NewestLines,
    reader: AbortController,
  ): Promise<string | null> {
    try {
      await this.#inTime(reader, async () => {
        for await (const batch of batches) lines.push(batch)
      })
      return reader.signal.aborted
        ? `the engine did not give all of it within ${READ_LIMIT_MS / 1_000} s`
        : null
    } catch (error) {
      return messageOf(error)
    }
  }

  async #inTime<T>(reader: AbortController, work: () => Promise<T>): Promise<T> {
    const cancel = this.#options.clock.after(READ_LIMIT_MS, () => reader.abort())
    try {
      return await work()
    } finally {
      cancel()
    }
  }

  #warnOfPart({ fn, id }: LeavingReplica, facts: { readonly lines: number; readonly reason: string }): void {
    const message =
      facts.lines === 0 ? 'logs of a replica not kept' : 'logs of a replica not read to their end'
    this.#options.log.warn(message, { fn, replica: shortId(id), ...facts })
  }
}
