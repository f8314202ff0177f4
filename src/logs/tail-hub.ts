import type { Clock } from '../clock.ts'
import type { FunctionName } from '../core/function-name.ts'
import type { Log } from '../log.ts'
import type { LogEngine } from '../provider/docker/logs/container-logs.ts'
import { SharedTail } from './shared-tail.ts'

/** Which containers a function has, told by the provider. */
export interface ReplicaList {
  /** Every container of the function that exists, whatever its state. */
  replicas(fn: FunctionName): readonly { readonly id: string }[]
  /** Calls `listener` when containers come, go or start again; answers a function that ends this. */
  onChange(listener: () => void): () => void
}

export interface TailHubOptions {
  readonly engine: LogEngine
  readonly replicas: ReplicaList
  readonly clock: Clock
  readonly log: Log
}

/** A tail while somebody holds it. */
export interface HeldTail {
  readonly tail: SharedTail
  /** Let it go. The last to do so ends it. */
  release(): void
}

interface Entry {
  readonly tail: SharedTail
  holders: number
}

/** One tail for each container that is followed, however many follow it. */
export class TailHub {
  readonly #options: TailHubOptions
  readonly #entries = new Map<string, Entry>()
  readonly #ending = new Set<Promise<void>>()
  #unwatch: (() => void) | null = null

  constructor(options: TailHubOptions) {
    this.#options = options
  }

  acquire(fn: FunctionName, id: string): HeldTail {
    return this.#hold(id, this.#entries.get(id) ?? this.#open(fn, id))
  }

  /** The tail of a container that somebody follows already; null when nobody does. */
  join(id: string): HeldTail | null {
    const entry = this.#entries.get(id)
    return entry === undefined ? null : this.#hold(id, entry)
  }

  async stop(): Promise<void> {
    for (const [id, entry] of this.#entries) this.#close(id, entry)
    await Promise.all(this.#ending)
  }

  #hold(id: string, entry: Entry): HeldTail {
    entry.holders += 1
    let isHeld = true
    const release = () => {
      if (!isHeld) return
      isHeld = false
      entry.holders -= 1
      if (entry.holders === 0) this.#close(id, entry)
    }
    return { tail: entry.tail, release }
  }

  #open(fn: FunctionName, id: string): Entry {
    const { replicas, engine, clock, log } = this.#options
    const exists = () => replicas.replicas(fn).some((replica) => replica.id === id)
    const entry = { tail: new SharedTail({ engine, clock, log, id, exists }), holders: 0 }
    this.#entries.set(id, entry)
    this.#unwatch ??= replicas.onChange(() => {
      for (const { tail } of this.#entries.values()) tail.nudge()
    })
    entry.tail.start()
    return entry
  }

  #close(id: string, entry: Entry): void {
    if (this.#entries.get(id) === entry) this.#entries.delete(id)
    const ending: Promise<void> = entry.tail.stop().finally(() => this.#ending.delete(ending))
    this.#ending.add(ending)
    if (this.#entries.size > 0) return
    this.#unwatch?.()
    this.#unwatch = null
  }
}
