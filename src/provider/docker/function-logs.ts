import { whenAborted, type Clock } from '../../clock.ts'
import { FaasError, messageOf } from '../../core/errors.ts'
import type { FunctionName } from '../../core/function-name.ts'
import type { LogLine, LogQuery } from '../../core/provider.ts'
import type { Log } from '../../log.ts'
import { readContainerLogs, shortId, type LogEngine } from './container-logs.ts'
import type { LogArchive } from './log-archive.ts'
import { LogFollower } from './log-follower.ts'
import { LogHistory } from './log-history.ts'
import { Limiter } from './limiter.ts'
import type { SharedTail } from './shared-tail.ts'
import { TailHub, type ReplicaList } from './tail-hub.ts'
import { Turnstile } from './turnstile.ts'

export interface FunctionLogsOptions {
  readonly engine: LogEngine
  readonly archive: LogArchive
  readonly replicas: ReplicaList
  readonly clock: Clock
  readonly log: Log
}

/** Readers at a time. Each costs a stream of the engine while it reads history. */
const MOST_READERS = 2_000
/** Streams of the engine that are opened at a time: a crowd that comes at once must not hold up everything else. */
const MOST_OPENING = 8
/** Messages of a container that are kept when it goes: more than fit the archive's size, unless lines are very short. */
const KEPT_MESSAGES = 10_000
/** A hung engine must not hold up the removal of a container. */
const KEEP_LIMIT_MS = 10_000

/** Logs of functions: of all replicas, those that are gone included. */
export class FunctionLogs {
  readonly #options: FunctionLogsOptions
  readonly #history: LogHistory
  readonly #hub: TailHub
  readonly #turnstile: Turnstile
  /** Whoever reads now, and ends at the stop. */
  readonly #active = new Set<AbortController>()

  constructor(options: FunctionLogsOptions) {
    const engine = openingFew(options.engine)
    this.#options = { ...options, engine }
    this.#history = new LogHistory(this.#options)
    this.#hub = new TailHub(this.#options)
    this.#turnstile = new Turnstile({ clock: options.clock, atATime: 16, pauseMs: 1 })
  }

  /** Ends every reader. */
  async stop(): Promise<void> {
    for (const reader of this.#active) reader.abort()
    await this.#hub.stop()
  }

  /**
   * Lines in the order of time; with `follow` until `signal` aborts. Read no faster than they are taken; a reader too slow for what it
   * follows finds a line that says how many were left out. Throws `too-busy` at once above the most readers.
   */
  logs(query: LogQuery, signal: AbortSignal): AsyncIterable<readonly LogLine[]> {
    if (this.#active.size >= MOST_READERS) {
      throw new FaasError('too-busy', `logs: ${MOST_READERS} readers are the most at a time`)
    }
    return this.#read(query, signal)
  }

  /**
   * Keeps the log of a container that is dead or about to be removed. The log is opened before this returns, however many are kept at
   * the time: somebody may remove the container by hand, and an open log stays readable. Never throws; bounded in time.
   */
  async keep(fn: FunctionName, id: string): Promise<void> {
    const { engine, archive, clock } = this.#options
    const reader = this.#begin()
    const cancel = clock.after(KEEP_LIMIT_MS, () => reader.abort())
    const request = { id, follow: false, tail: KEPT_MESSAGES }
    try {
      await archive.save(fn, id, begun(readContainerLogs(engine, request, reader.signal)))
    } catch (error) {
      this.#options.log.warn('logs of a replica not kept', {
        fn,
        replica: shortId(id),
        reason: messageOf(error),
      })
    } finally {
      cancel()
      reader.abort()
      this.#active.delete(reader)
    }
  }

  /**
   * Keeps what followers were told of a container that was removed behind our back, unless its log was kept before: the engine gives
   * out no log from the moment at which a removal begins, but goes on with those that it is giving. Never throws; bounded in time.
   */
  async keepFollowed(fn: FunctionName, id: string): Promise<void> {
    const { archive, clock } = this.#options
    const held = this.#hub.join(id)
    if (held === null) return
    try {
      await Promise.race([held.tail.ended, whenAborted(clock.timeout(KEEP_LIMIT_MS))])
      await archive.save(fn, id, this.#unlessKept(fn, id, held.tail))
    } finally {
      held.release()
    }
  }

  async *#read(query: LogQuery, asked: AbortSignal): AsyncGenerator<readonly LogLine[], void> {
    const reader = this.#begin()
    const leave = () => reader.abort()
    asked.addEventListener('abort', leave, { once: true })
    if (asked.aborted) leave()
    try {
      if (query.follow) yield* this.#follower(query).batches(reader.signal)
      else yield* this.#history.read(query, reader.signal)
    } catch (error) {
      // Whoever leaves cuts off what is under way; that is an end, not a failure.
      if (!reader.signal.aborted) throw error
    } finally {
      asked.removeEventListener('abort', leave)
      leave()
      this.#active.delete(reader)
    }
  }

  /** Looks when it is read: a save of the whole log may be under way. */
  async *#unlessKept(
    fn: FunctionName,
    id: string,
    tail: SharedTail,
  ): AsyncGenerator<readonly LogLine[], void> {
    const kept = await this.#options.archive.list(fn)
    if (!kept.some((log) => log.id === id)) yield tail.lines
  }

  #begin(): AbortController {
    const reader = new AbortController()
    this.#active.add(reader)
    return reader
  }

  #follower(query: LogQuery): LogFollower {
    const { replicas, log } = this.#options
    const ports = { history: this.#history, hub: this.#hub, turnstile: this.#turnstile, replicas, log }
    return new LogFollower(ports, query)
  }
}

/** The same lines, of which the first are asked for at once. */
function begun(lines: AsyncGenerator<readonly LogLine[], void>): AsyncGenerator<readonly LogLine[], void> {
  const first = lines.next()
  // A failure is told to whoever reads.
  first.catch(() => {})
  return (async function* () {
    const { value } = await first
    if (value !== undefined) yield value
    yield* lines
  })()
}

function openingFew(engine: LogEngine): LogEngine {
  const limiter = new Limiter(MOST_OPENING)
  return {
    containerLogs: (id, options, signal) =>
      limiter.run(() => engine.containerLogs(id, options, signal), signal),
  }
}
