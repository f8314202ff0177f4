import type { Clock } from '../clock.ts'
import type { Candidate } from '../core/calls/pick-replica.ts'
import type { Replica } from '../core/provider/replica.ts'
import { Connection } from './http1/connection.ts'
import type { WriteBatch } from '../write-batch.ts'
import type { InFlight, ReplicaCalls } from './in-flight.ts'

/** Idle connections kept per replica; more are closed when their call ends. */
const MAX_IDLE = 256

/** How often connections that were idle for too long are closed. */
const SWEEP_MS = 1_000

/** Idle connections of all targets. */
export interface IdleCount {
  count: number
  readonly most: number
}

/**
 * Which connection a call may have: any that is kept, one that was used a moment ago, or one that was never
 * used.
 */
export type Freshness = 'any' | 'recent' | 'fresh'

/** What all targets have in common. */
export interface TargetShared {
  /** Longest head of an answer. */
  readonly maxHeaderBytes: number
  readonly ledger: InFlight
  readonly clock: Clock
  readonly writes: WriteBatch
  readonly idle: IdleCount
  /** All open connections with their targets. */
  readonly connections: Map<Connection, Target>
  /** Reports a bug of ours on a connection. Must not throw. */
  readonly onFault: (error: unknown) => void
}

/**
 * A replica that can be called: its number of calls, and its connections, which are never shared with another
 * replica. Retired when the replica leaves; running calls end first.
 */
export class Target implements Candidate {
  readonly replica: Replica
  /** For the `Host` header. */
  readonly address: string
  /**
   * Its watchdog may answer before its process is there. True until an answer arrived that was not a failure
   * of the watchdog.
   */
  isUnproven: boolean
  readonly #shared: TargetShared
  readonly #calls: ReplicaCalls
  /** Used as a stack, so that connections that are not needed become old and close. */
  readonly #idle: Connection[] = []
  /** Its replica no longer answers at its address: requests would reach nobody, or another container. */
  isLost = false
  #isSweeping = false
  #retired = false

  constructor(replica: Replica, shared: TargetShared) {
    const { host, port } = replica
    this.replica = replica
    this.isUnproven = replica.isUnproven === true
    this.address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
    this.#shared = shared
    this.#calls = shared.ledger.retain(replica.id)
  }

  get inFlight(): number {
    return this.#calls.inFlight
  }

  enter(): void {
    this.#calls.enter()
  }

  leave(): void {
    this.#calls.leave()
  }

  get maxHeaderBytes(): number {
    return this.#shared.maxHeaderBytes
  }

  /**
   * A call was upgraded: `endSoon` asks it to end when the replica or the gateway is about to stop. The
   * returned function unregisters it.
   */
  openTunnel(endSoon: () => void): () => void {
    return this.#calls.openTunnel(endSoon)
  }

  /** A connection that nobody else uses. Give it back or destroy it. */
  acquire(freshness: Freshness): Connection {
    if (freshness === 'fresh') return this.#open(false)
    const nowMs = this.#shared.clock.now()
    for (;;) {
      const connection = this.#idle.at(-1)
      if (connection === undefined) break
      const isUsable = connection.isUsable(nowMs)
      // Those below have been idle even longer. They stay for calls that may be repeated.
      if (isUsable && freshness === 'recent' && !connection.isRecent(nowMs)) break
      this.#idle.pop()
      this.#shared.idle.count -= 1
      if (isUsable) return connection
      connection.destroy()
    }
    return this.#open(false)
  }

  /** A new connection for a call that asks for an upgrade. It is never given back. */
  openForTunnel(): Connection {
    return this.#open(true)
  }

  /** Its call has ended well. `keptMs`: how long the function will keep the connection open. */
  giveBack(connection: Connection, keptMs: number): void {
    connection.rest(keptMs)
    const { idle } = this.#shared
    if (this.#retired || this.#idle.length >= MAX_IDLE || idle.count >= idle.most) connection.destroy()
    else {
      this.#idle.push(connection)
      idle.count += 1
      if (!this.#isSweeping) this.#sweepLater()
    }
  }

  /** It gets no new calls. Idle connections close now, the others when they are given back. */
  retire(): void {
    if (this.#retired) return
    this.#retired = true
    this.#shared.ledger.release(this.replica.id)
    for (const connection of this.#takeIdle()) connection.destroy()
  }

  #open(isForTunnel: boolean): Connection {
    const { connections } = this.#shared
    const connection = new Connection({
      replica: this.replica,
      clock: this.#shared.clock,
      writes: this.#shared.writes,
      onFault: this.#shared.onFault,
      onLost: (lost) => this.#forget(lost),
      onClosed: (closed) => connections.delete(closed),
      isForTunnel,
    })
    connections.set(connection, this)
    return connection
  }

  #forget(connection: Connection): void {
    const at = this.#idle.indexOf(connection)
    if (at < 0) return
    this.#idle.splice(at, 1)
    this.#shared.idle.count -= 1
  }

  #takeIdle(): Connection[] {
    this.#shared.idle.count -= this.#idle.length
    return this.#idle.splice(0)
  }

  /** One timer for all idle connections, and none while there are none. */
  #sweepLater(): void {
    this.#isSweeping = true
    this.#shared.clock.after(SWEEP_MS, () => {
      const nowMs = this.#shared.clock.now()
      // The bottom of the stack does not always expire first: each connection may have its own limit.
      for (const connection of this.#takeIdle()) {
        if (connection.isUsable(nowMs)) this.#idle.push(connection)
        else connection.destroy()
      }
      this.#shared.idle.count += this.#idle.length
      this.#isSweeping = false
      if (this.#idle.length > 0) this.#sweepLater()
    })
  }
}
