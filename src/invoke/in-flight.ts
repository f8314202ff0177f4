import type { CallLedger } from '../core/provider/provider.ts'

/**
 * Calls running on one replica. Separate from its connections, because a replica may leave and come back
 * while a call still runs.
 */
export class ReplicaCalls {
  inFlight = 0
  readonly #onIdle: () => void
  /** Upgraded calls do not end by themselves: functions that ask each one to end. */
  readonly #tunnels = new Set<() => void>()
  #isDraining: boolean

  constructor(onIdle: () => void, isDraining: boolean) {
    this.#onIdle = onIdle
    this.#isDraining = isDraining
  }

  /**
   * `endSoon` is called when the replica is about to be removed, at once if it already is. The returned
   * function unregisters it.
   */
  openTunnel(endSoon: () => void): () => void {
    this.#tunnels.add(endSoon)
    if (this.#isDraining) endSoon()
    return () => this.#tunnels.delete(endSoon)
  }

  endTunnels(): void {
    this.#isDraining = true
    for (const endSoon of this.#tunnels) endSoon()
  }

  enter(): void {
    this.inFlight += 1
  }

  leave(): void {
    this.inFlight -= 1
    if (this.inFlight === 0) this.#onIdle()
  }
}

/**
 * Counts calls per replica. The provider asks it before it stops a replica. It holds only replicas that have
 * a call or a target.
 */
export class InFlight implements CallLedger {
  readonly #calls = new Map<string, ReplicaCalls>()
  readonly #waiting = new Map<string, Set<() => void>>()
  readonly #kept = new Map<string, number>()
  #isDraining = false

  /** The counter of a replica. It is kept until `release` was called as often as this. */
  retain(replicaId: string): ReplicaCalls {
    const calls =
      this.#calls.get(replicaId) ?? new ReplicaCalls(() => this.#idle(replicaId), this.#isDraining)
    this.#calls.set(replicaId, calls)
    this.#kept.set(replicaId, (this.#kept.get(replicaId) ?? 0) + 1)
    return calls
  }

  release(replicaId: string): void {
    const kept = (this.#kept.get(replicaId) ?? 0) - 1
    if (kept > 0) this.#kept.set(replicaId, kept)
    else this.#kept.delete(replicaId)
    this.#forgetUnused(replicaId)
  }

  inFlight(replicaId: string): number {
    return this.#calls.get(replicaId)?.inFlight ?? 0
  }

  /** The gateway stops: asks all WebSockets to end, also those that are opened later. */
  endTunnels(): void {
    this.#isDraining = true
    for (const calls of this.#calls.values()) calls.endTunnels()
  }

  /** The replica will be removed: asks its WebSockets to end. */
  whenIdle(replicaId: string, signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.inFlight(replicaId) === 0) return Promise.resolve()
    this.#calls.get(replicaId)?.endTunnels()
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(replicaId) ?? new Set()
      this.#waiting.set(replicaId, waiting)
      const done = (): void => {
        signal.removeEventListener('abort', done)
        waiting.delete(done)
        resolve()
      }
      waiting.add(done)
      signal.addEventListener('abort', done, { once: true })
    })
  }

  #idle(replicaId: string): void {
    const waiting = this.#waiting.get(replicaId)
    if (waiting !== undefined) {
      this.#waiting.delete(replicaId)
      for (const done of waiting) done()
    }
    this.#forgetUnused(replicaId)
  }

  #forgetUnused(replicaId: string): void {
    if (this.#kept.has(replicaId) || this.inFlight(replicaId) > 0) return
    this.#calls.delete(replicaId)
  }
}
