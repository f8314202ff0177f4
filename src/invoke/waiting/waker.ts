import type { Clock } from '../../clock.ts'
import type { CallCountLimit } from '../../core/calls/call-policy.ts'
import type { FaasError } from '../../core/errors.ts'
import type { FunctionName } from '../../core/functions/function-name.ts'
import type { Replica } from '../../core/provider/replica.ts'
import { roomFull } from '../call-failures.ts'

/** What the waker needs from its neighbours; `assemble/` plugs it. */
export interface WakerPorts {
  /** Raises the desired replicas to at least one, if they are at zero. Must not throw. */
  wantAwake(fn: FunctionName): void
  /**
   * Resolves with a replica that can take a call; throws `unavailable`, with the reason, when `signal` aborts
   * first.
   */
  whenReady(fn: FunctionName, signal: AbortSignal): Promise<Replica>
}

export interface WakerOptions {
  readonly ports: WakerPorts
  readonly clock: Clock
  /** Longest wait for a replica. */
  readonly timeoutMs: number
  /** Most calls of one function that wait. */
  readonly room: CallCountLimit
  /** A wait for a replica is over, `ms` after its first call came. Not told of waits that were given up. */
  readonly onEnd: (fn: FunctionName, end: { readonly ms: number; readonly isReady: boolean }) => void
}

/** A call that waits. One of the two is called, once, unless it left before. */
export interface Waiter {
  onReady(replica: Replica): void
  /**
   * `again`: the round timed out. This caller may have joined late and so waited less than its full time: it
   * may join a new round.
   */
  onUnready(error: unknown, again: boolean): void
}

interface Round {
  readonly waiters: Set<Waiter>
  readonly ending: AbortController
}

/**
 * Wakes a function once, however many calls wait for it. A caller that hangs up leaves the wake-up running
 * for the others.
 */
export class Waker {
  readonly #options: WakerOptions
  readonly #rounds = new Map<FunctionName, Round>()

  constructor(options: WakerOptions) {
    this.#options = options
  }

  /** One that finds no room is told so before this returns. */
  wait(fn: FunctionName, waiter: Waiter): void {
    const { room } = this.#options
    let round = this.#rounds.get(fn)
    if (round !== undefined && round.waiters.size >= room.most) {
      waiter.onUnready(roomFull(fn, room), false)
      return
    }
    if (round === undefined) {
      round = { waiters: new Set(), ending: new AbortController() }
      this.#rounds.set(fn, round)
      void this.#run(fn, round)
    }
    round.waiters.add(waiter)
  }

  /** Calls of the function that wait. */
  waiting(fn: FunctionName): number {
    return this.#rounds.get(fn)?.waiters.size ?? 0
  }

  leave(fn: FunctionName, waiter: Waiter): void {
    this.#rounds.get(fn)?.waiters.delete(waiter)
  }

  /** Ends the wait of all calls of a function, or of all functions. */
  giveUp(error: FaasError, fn?: FunctionName): void {
    for (const [name, round] of this.#rounds) {
      if (fn !== undefined && fn !== name) continue
      this.#close(name, round)
      round.ending.abort()
      for (const waiter of round.waiters) waiter.onUnready(error, false)
    }
  }

  /** Never rejects. */
  async #run(fn: FunctionName, round: Round): Promise<void> {
    const { ports, clock, timeoutMs, onEnd } = this.#options
    const beganMs = clock.now()
    let isTimeout = false
    const cancelTimeout = clock.after(timeoutMs, () => {
      isTimeout = true
      round.ending.abort()
    })
    try {
      ports.wantAwake(fn)
      const replica = await ports.whenReady(fn, round.ending.signal)
      if (!this.#close(fn, round)) return
      onEnd(fn, { ms: clock.now() - beganMs, isReady: true })
      for (const waiter of round.waiters) waiter.onReady(replica)
    } catch (error) {
      if (!this.#close(fn, round)) return
      onEnd(fn, { ms: clock.now() - beganMs, isReady: false })
      for (const waiter of round.waiters) waiter.onUnready(error, isTimeout)
    } finally {
      cancelTimeout()
    }
  }

  /** False when it was closed before. After this nobody joins the round. */
  #close(fn: FunctionName, round: Round): boolean {
    if (this.#rounds.get(fn) !== round) return false
    return this.#rounds.delete(fn)
  }
}
