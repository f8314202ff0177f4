import type { Clock } from '../clock.ts'
import { FaasError } from '../core/errors.ts'
import type { LogLine, LogQuery } from '../core/provider/log-line.ts'
import type { OpenLog } from '../core/provider/provider.ts'
import type { Log } from '../log.ts'
import { Background } from '../work/background.ts'
import { Limiter } from '../work/limiter.ts'
import { LogFollower } from './follower.ts'
import { LogHistory } from './history.ts'
import type { KeptLogs } from './kept-logs.ts'
import { TailHub, type ReplicaList } from './tail-hub.ts'
import { Turnstile } from './turnstile.ts'

export { KeptLogs } from './kept-logs.ts'

export interface FunctionLogsOptions {
  /** Of the provider, as the list of replicas is. */
  readonly open: OpenLog
  readonly replicas: ReplicaList
  readonly kept: KeptLogs
  readonly clock: Clock
  readonly log: Log
}

/** Readers at a time. Each costs a stream of the engine while it reads history. */
const MOST_READERS = 2_000
/**
 * Streams of the engine that are opened at a time: a crowd that comes at once must not hold up everything
 * else.
 */
const MOST_OPENING = 8

/**
 * Logs of functions: of all replicas, those that are gone included. The door to this room, which knows of the
 * provider only how to read one replica and which there are.
 */
export class FunctionLogs {
  readonly #options: FunctionLogsOptions
  readonly #history: LogHistory
  readonly #hub: TailHub
  readonly #turnstile: Turnstile
  readonly #background: Background
  /** Whoever reads now, and ends at the stop. */
  readonly #active = new Set<AbortController>()

  constructor(options: FunctionLogsOptions) {
    const { kept, replicas, clock, log } = options
    this.#options = options
    const open = openingFew(options.open)
    this.#background = new Background(log)
    this.#history = new LogHistory({ open, archive: kept.archive, replicas })
    this.#hub = new TailHub({
      open,
      replicas,
      clock,
      log,
      onGone: (replica, held) =>
        this.#background.run('keep a followed log', () => kept.keeper.keepFollowed(replica, held)),
    })
    this.#turnstile = new Turnstile({ clock, atATime: 16, pauseMs: 1 })
  }

  /** Ends every reader. What they were told of replicas that are gone is kept first. */
  async stop(): Promise<void> {
    for (const reader of this.#active) reader.abort()
    await this.#hub.stop()
    await this.#background.settled()
  }

  /**
   * Lines in the order of time, as many at a time as there are; with `follow` until `signal` aborts.
   * Followers of one function may get the very same array: what is made of it for one serves all. Read no
   * faster than they are taken; a reader too slow for what it follows finds a line that says how many were
   * left out. Throws `too-busy` at once above the most readers.
   */
  read(query: LogQuery, signal: AbortSignal): AsyncIterable<readonly LogLine[]> {
    if (this.#active.size >= MOST_READERS) {
      throw new FaasError(
        'too-busy',
        `logs: the gateway has ${MOST_READERS} readers of logs, a fixed limit; end one, or try again`,
      )
    }
    return this.#read(query, signal)
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

function openingFew(open: OpenLog): OpenLog {
  const limiter = new Limiter(MOST_OPENING)
  return (id, query, signal) => limiter.run(() => open(id, query, signal), signal)
}
