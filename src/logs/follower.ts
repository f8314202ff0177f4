import { deferred } from '../clock.ts'
import type { LogLine, LogQuery } from '../core/provider/log-line.ts'
import type { Log } from '../log.ts'
import { FollowedReplica } from './followed-replica.ts'
import { isAsked, type LogHistory } from './history.ts'
import type { ReplicaList, TailHub } from './tail-hub.ts'
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
 * One reader that follows a function: history first, then what its replicas write, over their restarts and
 * replacement. What it does with each of them, and the table of states, is in `followed-replica.ts`.
 */
export class LogFollower {
  readonly #ports: LogFollowerPorts
  readonly #query: LogQuery
  readonly #wake = new Wake()
  readonly #followed = new Map<string, FollowedReplica>()
  #isInLine = false

  constructor(ports: LogFollowerPorts, query: LogQuery) {
    this.#ports = ports
    this.#query = query
  }

  async *batches(signal: AbortSignal): AsyncGenerator<readonly LogLine[], void> {
    const unwatch = this.#ports.replicas.onChange(() => this.#getInLine())
    const leave = () => this.#wake.ring()
    signal.addEventListener('abort', leave, { once: true })
    try {
      const first = await this.#takeOn(signal)
      yield* this.#ports.history.read(this.#query, signal, (lines) => this.#noteOld(lines))
      for (const followed of first) yield* followed.joinBehindHistory(signal)

      while (!signal.aborted) {
        for (const followed of await this.#takeOn(signal)) yield* followed.joinFromStart(signal)
        const { lines, isMore } = this.#takeLines()
        if (lines.length > 0) yield lines
        yield* this.#letGo()
        if (isMore) this.#getInLine()
        if (!signal.aborted) await this.#wake.heard()
      }
    } finally {
      unwatch()
      signal.removeEventListener('abort', leave)
      for (const followed of this.#followed.values()) followed.release()
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
  async #takeOn(signal: AbortSignal): Promise<readonly FollowedReplica[]> {
    const { fn } = this.#query
    const fresh = this.#ports.replicas
      .replicas(fn)
      .filter(({ id }) => isAsked(this.#query, id) && !this.#followed.has(id))
      .map(({ id }) => this.#begin(id))
    if (fresh.length === 0) return fresh
    const left = deferred<void>()
    const leave = () => left.resolve()
    signal.addEventListener('abort', leave, { once: true })
    if (!signal.aborted) await Promise.race([Promise.all(fresh.map(({ opened }) => opened)), left.promise])
    signal.removeEventListener('abort', leave)
    return fresh
  }

  #begin(id: string): FollowedReplica {
    const { history, hub, log } = this.#ports
    const query = this.#query
    const held = hub.acquire(query.fn, id)
    const followed = new FollowedReplica({ id, query, history, held, log, wake: () => this.#getInLine() })
    this.#followed.set(id, followed)
    return followed
  }

  #noteOld(lines: readonly LogLine[]): void {
    for (const followed of this.#followed.values()) followed.noteOld(lines)
  }

  /** What the tails have, one batch of each, in the order of time. */
  #takeLines(): { readonly lines: readonly LogLine[]; readonly isMore: boolean } {
    const taken = [...this.#followed.values()].map((followed) => followed.take())
    const isMore = taken.some((one) => one.isMore)
    const [first = [], ...others] = taken.flatMap(({ lines }) => (lines.length === 0 ? [] : [lines]))
    // The same array for every follower, as long as it can be.
    return { lines: others.length === 0 ? first : [first, ...others].flat().toSorted(byTime), isMore }
  }

  /** Ends with replicas that are gone, after the last that they have left. */
  async *#letGo(): AsyncGenerator<readonly LogLine[], void> {
    const existing = new Set(this.#ports.replicas.replicas(this.#query.fn).map(({ id }) => id))
    for (const followed of this.#followed.values()) {
      if (existing.has(followed.id) || !followed.hasTailEnded) continue
      yield* followed.end()
      this.#followed.delete(followed.id)
      followed.release()
    }
  }
}

function byTime(a: LogLine, b: LogLine): number {
  if (a.timestamp === b.timestamp) return 0
  return a.timestamp < b.timestamp ? -1 : 1
}
