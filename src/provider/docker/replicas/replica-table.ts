import type { FunctionName } from '../../../core/functions/function-name.ts'
import type { Replica } from '../../../core/provider/replica.ts'
import type { ContainerIdentity } from '../container/labels.ts'
import { ReadyBoard, type ReadyListener } from './ready-board.ts'
import {
  changedReplica,
  type FoundContainer,
  type ReplicaChange,
  type ReplicaRecord,
} from './replica-record.ts'

export { isOutOfService } from './replica-record.ts'
export type { FoundContainer, PauseEvent, ReplicaChange, ReplicaRecord } from './replica-record.ts'

const DELETED_KEPT = 1_000

/**
 * What is known about our containers. The only owner of this state: others read snapshots and change it
 * through these methods, which also update the board of ready replicas.
 */
export class ReplicaTable {
  /** The ready replicas, and the callers that wait for the first one. Updated by the table. */
  readonly board: ReadyBoard
  readonly #now: () => number
  readonly #records = new Map<string, ReplicaRecord>()
  readonly #byFunction = new Map<FunctionName, Set<string>>()
  readonly #deleted = new Set<string>()
  readonly #watchers = new Set<(fn: FunctionName) => void>()

  constructor(now: () => number, onReady: ReadyListener) {
    this.#now = now
    this.board = new ReadyBoard(onReady)
  }

  get(id: string): ReplicaRecord | undefined {
    return this.#records.get(id)
  }

  ids(): readonly string[] {
    return [...this.#records.keys()]
  }

  functions(): readonly FunctionName[] {
    return [...this.#byFunction.keys()]
  }

  of(fn: FunctionName): readonly ReplicaRecord[] {
    const ids = this.#byFunction.get(fn) ?? []
    return [...ids].flatMap((id) => this.#records.get(id) ?? [])
  }

  /** The replicas that can be called now. */
  ready(fn: FunctionName): readonly Replica[] {
    return this.board.ready(fn)
  }

  /** Every replica of `fn` that has a container, whatever its state. */
  replicas(fn: FunctionName): readonly Replica[] {
    return this.of(fn).map(({ replica }) => replica)
  }

  /**
   * Calls `listener` when containers of a function come, go, or stop running; answers a function that ends
   * this.
   */
  onChange(listener: (fn: FunctionName) => void): () => void {
    this.#watchers.add(listener)
    return () => this.#watchers.delete(listener)
  }

  /** Adds a container that was just created or found. */
  add(id: string, identity: ContainerIdentity, found: FoundContainer): void {
    const { fn, revision } = identity
    const replica: Replica = {
      id,
      fn,
      revision,
      state: 'starting',
      host: found.host,
      port: identity.port,
      sinceMs: this.#now(),
    }
    const { isRunning, createdAtMs = this.#now() } = found
    const flags = { isRunning, isFailed: false, isStuck: false, wasReady: false }
    const accidents = { isPaused: false, ranOutOfMemory: false, exitCode: null }
    const rest = { turning: null, frozenIn: null, isUnfreezable: false, turnedAtMs: 0 }
    const record = { replica, identity, createdAtMs, ...flags, ...accidents, ...rest, pid: 0, doubts: 0 }
    this.#records.set(id, record)
    const ids = this.#byFunction.get(fn) ?? new Set()
    this.#byFunction.set(fn, ids.add(id))
    this.#tellWatchers(fn)
  }

  /** Changes the record of a container; returns the new one, or undefined when the container is unknown. */
  change(id: string, change: ReplicaChange): ReplicaRecord | undefined {
    const before = this.#records.get(id)
    if (before === undefined) return undefined
    const { state: _state, host: _host, reason: _reason, isUnproven: _isUnproven, ...rest } = change
    const replica = changedReplica(before.replica, change, () => this.#now())
    const wasReady = before.wasReady || replica.state === 'ready'
    const record = { ...before, ...rest, wasReady, replica }
    this.#records.set(id, record)
    if (replica !== before.replica) this.#publish(replica.fn)
    if (record.isRunning !== before.isRunning) this.#tellWatchers(replica.fn)
    return record
  }

  /** Its container was removed. */
  delete(id: string): void {
    const record = this.#records.get(id)
    if (record === undefined) return
    const { fn } = record.replica
    this.#records.delete(id)
    this.#remember(id)
    const ids = this.#byFunction.get(fn)
    ids?.delete(id)
    if (ids?.size === 0) this.#byFunction.delete(fn)
    this.#publish(fn)
    this.#tellWatchers(fn)
  }

  /** Whether `id` was deleted some time ago: a list that was requested before may still show it. */
  wasDeleted(id: string): boolean {
    return this.#deleted.has(id)
  }

  #tellWatchers(fn: FunctionName): void {
    for (const listener of this.#watchers) listener(fn)
  }

  #remember(id: string): void {
    this.#deleted.add(id)
    const [oldest] = this.#deleted
    if (oldest !== undefined && this.#deleted.size > DELETED_KEPT) this.#deleted.delete(oldest)
  }

  #publish(fn: FunctionName): void {
    this.board.publish(
      fn,
      this.replicas(fn).filter(({ state }) => state === 'ready'),
    )
  }
}
