import { every, type Clock } from '../clock.ts'
import type { FunctionName } from '../core/functions/function-name.ts'
import type { Log } from '../log.ts'

export interface InvocationCountPorts {
  readonly store: { load(): Map<FunctionName, number>; save(totals: ReadonlyMap<FunctionName, number>): void }
  /** Calls answered since this process started. */
  readonly answered: (fn: FunctionName) => number
  readonly clock: Clock
  readonly log: Log
}

/**
 * Time between two saves of what changed. A kill loses at most the calls of this span. A save takes
 * microseconds because it does not wait for the disk, so a power cut may lose a little more.
 */
const SAVE_INTERVAL_MS = 5_000

/** `invocationCount` of a function: what was counted before this process, and since. */
export class InvocationCount {
  readonly #ports: InvocationCountPorts
  /** Read when it is first asked for. */
  #loaded: Map<FunctionName, number> | undefined
  readonly #saved = new Map<FunctionName, number>()
  readonly #stopping = new AbortController()
  #known: () => Iterable<FunctionName> = () => []
  #loop: Promise<void> | undefined
  /** The last save failed and was logged. */
  #isFailing = false

  constructor(ports: InvocationCountPorts) {
    this.#ports = ports
  }

  total(fn: FunctionName): number {
    return (this.#before.get(fn) ?? 0) + this.#ports.answered(fn)
  }

  /**
   * The function was removed: a new one of this name starts at zero. Its live counter must have been dropped
   * too.
   */
  forget(fn: FunctionName): void {
    this.#before.delete(fn)
    this.#saved.delete(fn)
  }

  /** `known` names the functions that exist. */
  start(known: () => Iterable<FunctionName>): void {
    const { clock, log } = this.#ports
    this.#known = known
    this.#loop ??= every(
      {
        clock,
        intervalMs: SAVE_INTERVAL_MS,
        signal: this.#stopping.signal,
        onError: (err) => {
          if (!this.#isFailing) log.warn('call counts not saved', { err })
          this.#isFailing = true
        },
      },
      () => {
        this.save(known())
        this.#isFailing = false
      },
    )
  }

  /** Writes the totals that changed since the last save. */
  save(functions: Iterable<FunctionName>): void {
    const changed = new Map<FunctionName, number>()
    for (const fn of functions) {
      const total = this.total(fn)
      if (total !== (this.#saved.get(fn) ?? this.#before.get(fn) ?? 0)) changed.set(fn, total)
    }
    if (changed.size === 0) return
    this.#ports.store.save(changed)
    for (const [fn, total] of changed) this.#saved.set(fn, total)
  }

  get #before(): Map<FunctionName, number> {
    return (this.#loaded ??= this.#ports.store.load())
  }

  /**
   * Saves for the last time. Rejects when that fails, for example on a full disk, but stops in any case: the
   * loop would keep the process alive.
   */
  async stop(): Promise<void> {
    try {
      this.save(this.#known())
    } finally {
      this.#stopping.abort()
      await this.#loop
    }
  }
}
