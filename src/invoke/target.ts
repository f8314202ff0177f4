import type { Clock } from '../clock.ts'
import type { Candidate } from '../core/pick-replica.ts'
import type { Replica } from '../core/replica.ts'
import { Connection } from './connection.ts'
import type { InFlight, ReplicaCalls } from './in-flight.ts'

/** Idle connections kept per replica; more are closed when their call ends. */
const MAX_IDLE = 256

/**
 * A replica as something to call: its connections, never shared with another replica, and its number of calls. Retired when
 * the replica leaves; the calls that run end first.
 */
export class Target implements Candidate {
  readonly replica: Replica
  readonly #clock: Clock
  readonly #ledger: InFlight
  readonly #calls: ReplicaCalls
  /** Used as a stack, so that connections not needed grow old and close. */
  readonly #idle: Connection[] = []
  #retired = false

  constructor(replica: Replica, ledger: InFlight, clock: Clock) {
    this.replica = replica
    this.#ledger = ledger
    this.#clock = clock
    this.#calls = ledger.retain(replica.id)
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

  /** A connection that nobody else uses; `fresh` asks for one that was never used. Give it back or destroy it. */
  acquire(fresh: boolean): Connection {
    while (!fresh) {
      const connection = this.#idle.pop()
      if (connection === undefined) break
      if (connection.isClean) return connection
      connection.destroy()
    }
    return new Connection({
      replica: this.replica,
      clock: this.#clock,
      onClosed: (connection) => this.#discard(connection),
    })
  }

  /** The call on it has ended well. */
  giveBack(connection: Connection): void {
    connection.rest()
    if (this.#retired || this.#idle.length >= MAX_IDLE) connection.destroy()
    else this.#idle.push(connection)
  }

  /** No new calls come. Idle connections close now, the others when they are given back. */
  retire(): void {
    if (this.#retired) return
    this.#retired = true
    this.#ledger.release(this.replica.id)
    for (const connection of this.#idle.splice(0)) connection.destroy()
  }

  /** Its socket closed. One that a call holds is dealt with by that call. */
  #discard(connection: Connection): void {
    const at = this.#idle.indexOf(connection)
    if (at < 0) return
    this.#idle.splice(at, 1)
    connection.destroy()
  }
}
