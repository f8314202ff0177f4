import type { Clock } from '../clock.ts'
import type { FunctionName } from '../core/functions/function-name.ts'
import type { LeavingReplica, OpenLog } from '../core/provider/provider.ts'
import type { Log } from '../log.ts'
import { SharedTail } from './shared-tail.ts'

/** Which replicas a function has, told by the provider. */
export interface ReplicaList {
  /** Every replica of the function that exists, whatever its state. */
  replicas(fn: FunctionName): readonly { readonly id: string }[]
  /** Calls `listener` when replicas come, go or start again; answers a function that ends this. */
  onChange(listener: () => void): () => void
}

export interface TailHubOptions {
  readonly open: OpenLog
  readonly replicas: ReplicaList
  readonly clock: Clock
  readonly log: Log
  /** A replica that is followed is gone. Releases the tail, once it needs it no longer. */
  readonly onGone: (replica: LeavingReplica, held: HeldTail) => void
}

/** A tail while somebody holds it. */
export interface HeldTail {
  readonly tail: SharedTail
  /** Let it go. The last to do so ends it. */
  release(): void
}

interface Entry {
  readonly replica: LeavingReplica
  readonly tail: SharedTail
  holders: number
  isGone: boolean
}

/** One tail for each replica that is followed, however many follow it. */
export class TailHub {
  readonly #options: TailHubOptions
  readonly #entries = new Map<string, Entry>()
  readonly #ending = new Set<Promise<void>>()
  #unwatch: (() => void) | null = null

  constructor(options: TailHubOptions) {
    this.#options = options
  }

  acquire(fn: FunctionName, id: string): HeldTail {
    return this.#hold(this.#entries.get(id) ?? this.#open({ fn, id }))
  }

  async stop(): Promise<void> {
    for (const entry of this.#entries.values()) this.#close(entry)
    await Promise.all(this.#ending)
  }

  #hold(entry: Entry): HeldTail {
    entry.holders += 1
    let isHeld = true
    const release = () => {
      if (!isHeld) return
      isHeld = false
      entry.holders -= 1
      if (entry.holders === 0) this.#close(entry)
    }
    return { tail: entry.tail, release }
  }

  #open(replica: LeavingReplica): Entry {
    const { replicas, open, clock, log } = this.#options
    const exists = () => this.#exists(replica)
    const tail = new SharedTail({ open, clock, log, id: replica.id, exists })
    const entry = { replica, tail, holders: 0, isGone: false }
    this.#entries.set(replica.id, entry)
    this.#unwatch ??= replicas.onChange(() => {
      for (const each of this.#entries.values()) this.#lookAt(each)
    })
    tail.start()
    return entry
  }

  /** Held before its tail is told to look again: its followers may all let it go then. */
  #lookAt(entry: Entry): void {
    if (!entry.isGone && !this.#exists(entry.replica)) {
      entry.isGone = true
      this.#options.onGone(entry.replica, this.#hold(entry))
    }
    entry.tail.nudge()
  }

  #exists({ fn, id }: LeavingReplica): boolean {
    return this.#options.replicas.replicas(fn).some((replica) => replica.id === id)
  }

  #close(entry: Entry): void {
    const { id } = entry.replica
    if (this.#entries.get(id) === entry) this.#entries.delete(id)
    const ending: Promise<void> = entry.tail.stop().finally(() => this.#ending.delete(ending))
    this.#ending.add(ending)
    if (this.#entries.size > 0) return
    this.#unwatch?.()
    this.#unwatch = null
  }
}
