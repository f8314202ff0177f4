import { FaasError } from '../../../core/errors.ts'
import type { FunctionName } from '../../../core/function-name.ts'
import type { Replica } from '../../../core/replica.ts'
import type { ContainerIdentity } from '../container/labels.ts'
import {
  changedReplica,
  type FoundContainer,
  type ReplicaChange,
  type ReplicaRecord,
} from './replica-record.ts'

export { isWithdrawn } from './replica-record.ts'
export type { FoundContainer, PauseEvent, ReplicaChange, ReplicaRecord } from './replica-record.ts'

/** Told the whole new list whenever the callable replicas of a function change. */
export type ReadyListener = (fn: FunctionName, ready: readonly Replica[]) => void

interface Waiter {
  resolve(replica: Replica): void
  reject(error: FaasError): void
}

const NONE: readonly Replica[] = []
const DELETED_KEPT = 1_000

/**
 * What is known of our containers, which of them can be called, and who waits for that. The only owner of
 * this state: others get snapshots, and change it through verbs that tell the listener.
 */
export class ReplicaTable {
  readonly #now: () => number
  readonly #onReady: ReadyListener
  readonly #records = new Map<string, ReplicaRecord>()
  readonly #byFunction = new Map<FunctionName, Set<string>>()
  readonly #ready = new Map<FunctionName, readonly Replica[]>()
  readonly #waiters = new Map<FunctionName, Set<Waiter>>()
  readonly #deleted = new Set<string>()
  readonly #watchers = new Set<(fn: FunctionName) => void>()

  constructor(now: () => number, onReady: ReadyListener) {
    this.#now = now
    this.#onReady = onReady
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
    return this.#ready.get(fn) ?? NONE
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

  /** A container that has just been made or found. */
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
    const rest = { turning: null, isUnfreezable: false, turnedAtMs: 0 }
    const record = { replica, identity, createdAtMs, ...flags, ...accidents, ...rest, pid: 0, doubts: 0 }
    this.#records.set(id, record)
    const ids = this.#byFunction.get(fn) ?? new Set()
    this.#byFunction.set(fn, ids.add(id))
    this.#tellWatchers(fn)
  }

  /**
   * Changes what is known of a container; answers the new record, or undefined when it is not known (any
   * more).
   */
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

  /** Its container is gone. */
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

  /** Whether `id` was deleted a while ago: a list that was under way then may still show it. */
  wasDeleted(id: string): boolean {
    return this.#deleted.has(id)
  }

  /**
   * The first replica of `fn` that is ready. When `signal` aborts: `unavailable`, with the reason that
   * `explain` gives at that time.
   */
  whenReady(fn: FunctionName, signal: AbortSignal, explain: () => string): Promise<Replica> {
    const [first] = this.ready(fn)
    if (first !== undefined) return Promise.resolve(first)
    if (signal.aborted) return Promise.reject(new FaasError('unavailable', explain()))

    return new Promise((resolve, reject) => {
      const waiters = this.#waiters.get(fn) ?? new Set()
      const onAbort = () => {
        this.#forget(fn, waiter)
        reject(new FaasError('unavailable', explain()))
      }
      const waiter: Waiter = {
        resolve: (replica) => {
          signal.removeEventListener('abort', onAbort)
          resolve(replica)
        },
        reject: (error) => {
          signal.removeEventListener('abort', onAbort)
          reject(error)
        },
      }
      signal.addEventListener('abort', onAbort, { once: true })
      this.#waiters.set(fn, waiters.add(waiter))
    })
  }

  /** Nobody needs to wait for `fn` any longer. */
  rejectWaiters(fn: FunctionName, error: FaasError): void {
    const waiters = this.#waiters.get(fn) ?? []
    this.#waiters.delete(fn)
    for (const waiter of waiters) waiter.reject(error)
  }

  waitedFor(): readonly FunctionName[] {
    return [...this.#waiters.keys()]
  }

  #tellWatchers(fn: FunctionName): void {
    for (const listener of this.#watchers) listener(fn)
  }

  #remember(id: string): void {
    this.#deleted.add(id)
    const [oldest] = this.#deleted
    if (oldest !== undefined && this.#deleted.size > DELETED_KEPT) this.#deleted.delete(oldest)
  }

  #forget(fn: FunctionName, waiter: Waiter): void {
    const waiters = this.#waiters.get(fn)
    waiters?.delete(waiter)
    if (waiters?.size === 0) this.#waiters.delete(fn)
  }

  #publish(fn: FunctionName): void {
    const before = this.ready(fn)
    const ready = this.of(fn).flatMap(({ replica }) => (replica.state === 'ready' ? [replica] : []))
    if (ready.length === before.length && ready.every((replica, at) => replica === before[at])) return

    if (ready.length === 0) this.#ready.delete(fn)
    else this.#ready.set(fn, ready)
    this.#onReady(fn, ready)
    const [first] = ready
    if (first === undefined) return
    const waiters = this.#waiters.get(fn) ?? []
    this.#waiters.delete(fn)
    for (const waiter of waiters) waiter.resolve(first)
  }
}
