import type { FaasError } from '../../../core/errors.ts'
import type { FunctionName } from '../../../core/functions/function-name.ts'
import type { Replica } from '../../../core/provider/replica.ts'

/** Told the whole new list whenever the callable replicas of a function change. */
export type ReadyListener = (fn: FunctionName, ready: readonly Replica[]) => void

interface Waiter {
  resolve(replica: Replica): void
  reject(error: FaasError): void
}

const NONE: readonly Replica[] = []

/** The ready replicas of each function, and the callers that wait for the first one. */
export class ReadyBoard {
  readonly #onReady: ReadyListener
  readonly #ready = new Map<FunctionName, readonly Replica[]>()
  readonly #waiters = new Map<FunctionName, Set<Waiter>>()

  constructor(onReady: ReadyListener) {
    this.#onReady = onReady
  }

  ready(fn: FunctionName): readonly Replica[] {
    return this.#ready.get(fn) ?? NONE
  }

  /**
   * Stores the new list of `fn`; tells the listener and the waiters only when it differs from the old one.
   */
  publish(fn: FunctionName, ready: readonly Replica[]): void {
    const before = this.ready(fn)
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

  /**
   * The first replica of `fn` that is ready. When `signal` aborts: the error that `explain` gives at that
   * time.
   */
  whenReady(fn: FunctionName, signal: AbortSignal, explain: () => FaasError): Promise<Replica> {
    const [first] = this.ready(fn)
    if (first !== undefined) return Promise.resolve(first)
    if (signal.aborted) return Promise.reject(explain())

    return new Promise((resolve, reject) => {
      const waiters = this.#waiters.get(fn) ?? new Set()
      const onAbort = () => {
        this.#forget(fn, waiter)
        reject(explain())
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

  /** Ends the wait of everybody who waits for `fn`. */
  rejectWaiters(fn: FunctionName, error: FaasError): void {
    const waiters = this.#waiters.get(fn) ?? []
    this.#waiters.delete(fn)
    for (const waiter of waiters) waiter.reject(error)
  }

  waitedFor(): readonly FunctionName[] {
    return [...this.#waiters.keys()]
  }

  #forget(fn: FunctionName, waiter: Waiter): void {
    const waiters = this.#waiters.get(fn)
    waiters?.delete(waiter)
    if (waiters?.size === 0) this.#waiters.delete(fn)
  }
}
