import type { Clock } from '../clock.ts'
import { FaasError } from '../core/errors.ts'
import type { FunctionName } from '../core/function-name.ts'
import type { LogLine, LogQuery } from '../core/provider.ts'
import type { Log } from '../log.ts'
import type { LogEngine } from '../provider/docker/logs/container-logs.ts'
import type { LogArchive } from './archive.ts'
import { LogFollower } from './follower.ts'
import { LogHistory } from './history.ts'
import { LogKeeper } from './keeper.ts'
import { Limiter } from '../work/limiter.ts'
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
/**
 * Streams of the engine that are opened at a time: a crowd that comes at once must not hold up everything
 * else.
 */
const MOST_OPENING = 8

/** Logs of functions: of all replicas, those that are gone included. */
export class FunctionLogs {
  readonly #options: FunctionLogsOptions
  readonly #history: LogHistory
  readonly #hub: TailHub
  readonly #keeper: LogKeeper
  readonly #turnstile: Turnstile
  /** Whoever reads now, and ends at the stop. */
  readonly #active = new Set<AbortController>()

  constructor(options: FunctionLogsOptions) {
    const engine = openingFew(options.engine)
    this.#options = { ...options, engine }
    this.#history = new LogHistory(this.#options)
    this.#hub = new TailHub(this.#options)
    this.#keeper = new LogKeeper({ ...options, join: (id) => this.#hub.join(id) })
    this.#turnstile = new Turnstile({ clock: options.clock, atATime: 16, pauseMs: 1 })
  }

  /** Ends every reader. */
  async stop(): Promise<void> {
    for (const reader of this.#active) reader.abort()
    await this.#hub.stop()
  }

  /**
   * Lines in the order of time; with `follow` until `signal` aborts. Read no faster than they are taken; a
   * reader too slow for what it follows finds a line that says how many were left out. Throws `too-busy` at
   * once above the most readers.
   */
  logs(query: LogQuery, signal: AbortSignal): AsyncIterable<readonly LogLine[]> {
    if (this.#active.size >= MOST_READERS) {
      throw new FaasError(
        'too-busy',
        `logs: the gateway has ${MOST_READERS} readers of logs, a fixed limit; end one, or try again`,
      )
    }
    return this.#read(query, signal)
  }

  /** As `keeper.ts` has it. */
  keep(fn: FunctionName, id: string, signal: AbortSignal): Promise<readonly string[]> {
    return this.#keeper.keep(fn, id, signal)
  }

  /** As `keeper.ts` has it. */
  keepFollowed(fn: FunctionName, id: string): Promise<void> {
    return this.#keeper.keepFollowed(fn, id)
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

function openingFew(engine: LogEngine): LogEngine {
  const limiter = new Limiter(MOST_OPENING)
  return {
    containerLogs: (id, options, signal) =>
      limiter.run(() => engine.containerLogs(id, options, signal), signal),
  }
}
