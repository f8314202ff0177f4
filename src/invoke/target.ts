import type { Clock } from '../clock.ts'
import type { Candidate } from '../core/pick-replica.ts'
import type { Replica } from '../core/replica.ts'
import { Connection } from './http1/connection.ts'
import type { WriteBatch } from '../write-batch.ts'
import type { InFlight, ReplicaCalls } from './in-flight.ts'

/** Idle connections kept per replica; more are closed when their call ends. */
const MAX_IDLE = 256

/** How often those are closed that nobody used for a while. */
const SWEEP_MS = 1_000

/** Connections that wait for a next call, of all targets. */
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
  /** All connections that are not closed, and whose they are. */
  readonly connections: Map<Connection, Target>
  /** A fault of ours on a connection. Must not throw. */
  readonly onFault: (error: unknown) => void
}

/**
 * A replica as something to call: its connections, never shared with another replica, and its number of
 * calls. Retired when the replica leaves; the calls that run end first.
 */
export class Target implements Candidate {
  readonly replica: Replica
  /** For the `Host` header. */
  readonly address: string
  /**
   * Its watchdog may answer for a process that is not there yet; until it gave one answer that was not a
   * failure of its own.
   */
  isUnproven: boolean
  readonly #shared: TargetShared
  readonly #calls: ReplicaCalls
  /** Used as a stack, so that connections not needed grow old and close. */
  readonly #idle: Connection[] = []
  /**
   * Its replica does not answer at its address any more: what is sent there reaches nobody, or a stranger.
   */
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
   * A call has left HTTP: `endSoon` asks it to end when the replica, or the gateway, is about to go. The
   * answer takes it off.
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
      // Those below have rested longer still. They stay for calls that may be sent twice.
      if (isUsable && freshness === 'recent' && !connection.isRecent(nowMs)) break
      this.#idle.pop()
      this.#shared.idle.count -= 1
      if (isUsable) return connection
      connection.destroy()
    }
    return this.#open(false)
  }

  /** A new connection for a call that wishes to leave HTTP. It never comes back. */
  openForTunnel(): Connection {
    return this.#open(true)
  }

  /** The call on it has ended well. `keptMs`: how long the function will keep it. */
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

  /** No new calls come. Idle connections close now, the others when they are given back. */
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
      // The bottom of the stack is not always the oldest: each may have a limit of its own.
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
