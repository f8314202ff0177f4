import type { Clock } from '../../clock.ts'
import type { TimeLimit } from '../../core/calls/call-policy.ts'

/** A call that waits for a replica with room. One of the two is called, once, unless it left before. */
export interface PlaceWaiter {
  /** There is room, or no replica any more: it looks again, and may have to wait anew. */
  onPlace(): void
  /** It waited its time in vain. */
  onNoPlace(limit: TimeLimit): void
}

/** Calls of one function that wait because each of its replicas has as many calls as it takes, in their order. */
export class PlaceQueue {
  readonly #clock: Clock
  /** Each with what ends its time limit. */
  readonly #waiting = new Map<PlaceWaiter, () => void>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get size(): number {
    return this.#waiting.size
  }

  wait(waiter: PlaceWaiter, limit: TimeLimit): void {
    const cancel = this.#clock.after(limit.ms, () => {
      this.#waiting.delete(waiter)
      waiter.onNoPlace(limit)
    })
    this.#waiting.set(waiter, cancel)
  }

  leave(waiter: PlaceWaiter): void {
    this.#waiting.get(waiter)?.()
    this.#waiting.delete(waiter)
  }

  /** Lets calls in, the first to come first, while there is room. */
  admit(hasRoom: () => boolean): void {
    // One that waits anew is not looked at twice.
    for (let rest = this.#waiting.size; rest > 0 && this.#waiting.size > 0 && hasRoom(); rest -= 1) {
      const [first] = this.#waiting.keys()
      if (first === undefined) return
      this.leave(first)
      first.onPlace()
    }
  }
}
