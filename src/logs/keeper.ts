import { whenAborted, type Clock } from '../clock.ts'
import { messageOf } from '../core/errors.ts'
import type { FunctionName } from '../core/function-name.ts'
import type { LogLine } from '../core/provider.ts'
import type { Log } from '../log.ts'
import { MOST_REPLICA_BYTES, NewestLines } from './archive-file.ts'
import { shortId } from '../core/short-id.ts'
import { readContainerLogs, type LogEngine } from '../provider/docker/logs/container-logs.ts'
import { Limiter } from '../work/limiter.ts'
import type { LogArchive } from './archive.ts'

/** What this needs of the tail of a container, until it is released. */
export interface FollowedLog {
  readonly tail: { readonly ended: Promise<void>; readonly lines: readonly LogLine[] }
  release(): void
}

export interface LogKeeperOptions {
  /** Not shared with readers: a crowd of them must not make a dead container wait. */
  readonly engine: LogEngine
  readonly archive: Pick<LogArchive, 'save'>
  /** The tail of a container that somebody follows; null when nobody does. */
  readonly join: (id: string) => FollowedLog | null
  readonly clock: Clock
  readonly log: Log
}

/** Logs that are open at a time. Each costs a socket to the engine, and what that holds unread. */
const MOST_OPEN = 64
/** Logs that are in memory at a time, up to a MiB each, until they are saved. */
const MOST_READ = 8
/** Messages that are asked for: more than fit the archive's size, unless lines are very short. */
const KEPT_MESSAGES = 10_000
/** Lines that are answered. */
const NEWEST = 20
/**
 * For the engine's first lines, and again for all others: a hung engine must not hold up the removal of a
 * container.
 */
const READ_LIMIT_MS = 10_000

/**
 * Moves logs of containers that go to the archive. A log is opened when its container goes, then waits until
 * few others are read, is read and saved. What the waiting costs is no fault of the engine and does not count
 * against its time.
 */
export class LogKeeper {
  readonly #options: LogKeeperOptions
  readonly #open = new Limiter(MOST_OPEN)
  readonly #read = new Limiter(MOST_READ)

  constructor(options: LogKeeperOptions) {
    this.#options = options
  }

  /**
   * Keeps the log of a container that is dead or about to be removed. While no more than 64 are open it is
   * opened before this returns: somebody may remove the container by hand, and an open log stays readable.
   * Never throws; the engine's time is bounded. Gives up without a word when `signal` aborts, unless the log
   * is being saved. Answers the newest lines.
   */
  async keep(fn: FunctionName, id: string, signal: AbortSignal): Promise<readonly string[]> {
    try {
      return await this.#open.run(() => this.#keepOpen(fn, id, signal), signal)
    } catch (error) {
      if (!signal.aborted) this.#warnOfPart(fn, id, { lines: 0, reason: messageOf(error) })
      return []
    }
  }

  /**
   * Keeps what followers were told of a container that was removed behind our back, unless its log was kept
   * before: the engine gives out no log from the moment at which a removal begins, but goes on with those
   * that it is giving. Never throws; bounded in time.
   */
  async keepFollowed(fn: FunctionName, id: string): Promise<void> {
    const { archive, clock, join } = this.#options
    const held = join(id)
    if (held === null) return
    try {
      await Promise.race([held.tail.ended, whenAborted(clock.timeout(READ_LIMIT_MS))])
      await this.#read.run(async () => {
        const lines = new NewestLines(MOST_REPLICA_BYTES)
        lines.push(held.tail.lines)
        await archive.save(fn, id, { lines, isWhole: false })
      })
    } finally {
      held.release()
    }
  }

  async #keepOpen(fn: FunctionName, id: string, signal: AbortSignal): Promise<readonly string[]> {
    const reader = new AbortController()
    const leave = () => reader.abort()
    signal.addEventListener('abort', leave, { once: true })
    try {
      const request = { id, follow: false, tail: KEPT_MESSAGES }
      const batches = readContainerLogs(this.#options.engine, request, reader.signal)
      const first = await this.#inTime(reader, () => batches.next())
      return await this.#read.run(async () => {
        const lines = new NewestLines(MOST_REPLICA_BYTES)
        lines.push(first.value ?? [])
        const reason = await this.#drain(batches, lines, reader)
        if (signal.aborted) return []
        if (reason !== null) this.#warnOfPart(fn, id, { lines: lines.count, reason })
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
      return reader.signal.aborted ? `Docker did not give all of it within ${READ_LIMIT_MS / 1_000} s` : null
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

  #warnOfPart(
    fn: FunctionName,
    id: string,
    facts: { readonly lines: number; readonly reason: string },
  ): void {
    const message =
      facts.lines === 0 ? 'logs of a replica not kept' : 'logs of a replica not read to their end'
    this.#options.log.warn(message, { fn, replica: shortId(id), ...facts })
  }
}
