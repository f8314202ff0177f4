import type { FunctionName } from '../core/functions/function-name.ts'
import type { ScalingEvent } from '../core/scaling/scaling-event.ts'
import { FaasError } from '../core/errors.ts'
import type { Log } from '../log.ts'

/** What is told of a decision; number and time are added. */
export type Told = Omit<ScalingEvent, 'id' | 'atMs'>

/** Events of one function that are kept: with a thousand functions a few megabytes at most. */
const MOST_EVENTS = 20
/** Events that wait for one follower. A slower one misses the oldest. */
const MOST_WAITING = 100
const MOST_FOLLOWERS = 50

/** What was decided of late, function by function, for the log and for whoever follows. */
export class ScalingEvents {
  readonly #log: Log
  readonly #wall: () => number
  readonly #byFunction = new Map<FunctionName, ScalingEvent[]>()
  readonly #followers = new Set<Follower>()
  #last = 0

  constructor(log: Log, wall: () => number) {
    this.#log = log
    this.#wall = wall
  }

  tell(told: Told): void {
    const event: ScalingEvent = { ...told, id: ++this.#last, atMs: Math.floor(this.#wall()) }
    const { fn, kind, from, to, reason } = event
    const kept = this.#byFunction.get(fn) ?? []
    this.#byFunction.set(fn, kept)
    kept.push(event)
    if (kept.length > MOST_EVENTS) kept.shift()
    this.#log.info(`scaling: ${kind}`, { fn, from, to, reason })
    for (const follower of this.#followers) if (follower.fn === fn || !follower.fn) follower.push(event)
  }

  /** The function is gone. */
  forget(fn: FunctionName): void {
    this.#byFunction.delete(fn)
  }

  /** Oldest first, those after number `after`; of one function, or of all. */
  recent(fn?: FunctionName, after = 0): readonly ScalingEvent[] {
    const kept = fn === undefined ? [...this.#byFunction.values()].flat() : (this.#byFunction.get(fn) ?? [])
    return kept.filter(({ id }) => id > after).toSorted((one, other) => one.id - other.id)
  }

  /**
   * As `recent`, and then what is new, until `signal` aborts. Throws `too-busy` when very many follow. What is
   * told from now on is not missed, even before the first is taken.
   */
  follow(
    fn: FunctionName | undefined,
    after: number | undefined,
    signal: AbortSignal,
  ): AsyncIterable<ScalingEvent> {
    if (this.#followers.size >= MOST_FOLLOWERS)
      throw new FaasError('too-busy', `${MOST_FOLLOWERS} clients follow events already, a fixed limit`)
    const follower = new Follower(fn, this.recent(fn, after))
    this.#followers.add(follower)
    const end = (): void => {
      this.#followers.delete(follower)
      signal.removeEventListener('abort', end)
      follower.end()
    }
    if (signal.aborted) end()
    else signal.addEventListener('abort', end)
    return follower.events()
  }
}

class Follower {
  readonly fn: FunctionName | undefined
  readonly #waiting: ScalingEvent[]
  #isOver = false
  #wake: () => void = () => undefined

  constructor(fn: FunctionName | undefined, waiting: readonly ScalingEvent[]) {
    this.fn = fn
    this.#waiting = [...waiting]
  }

  push(event: ScalingEvent): void {
    this.#waiting.push(event)
    if (this.#waiting.length > MOST_WAITING) this.#waiting.shift()
    this.#wake()
  }

  end(): void {
    this.#isOver = true
    this.#wake()
  }

  async *events(): AsyncIterable<ScalingEvent> {
    while (!this.#isOver) {
      const event = this.#waiting.shift()
      if (event !== undefined) yield event
      else await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }
}
