import type { FunctionName } from '../../core/functions/function-name.ts'
import { shortId } from '../../core/short-id.ts'
import type { Log } from '../../log.ts'
import type { ContainerDetails } from './engine/answers.ts'
import type { HostGuard } from './host/host-guard.ts'
import { exitReason } from './replicas/exit-reason.ts'
import { lastWords } from './replicas/last-words.ts'
import type { Reconciler } from './replicas/reconciler.ts'
import type { ReplicaRecord } from './replicas/replica-table.ts'

const MOST_REMEMBERED = 1_000

export interface CrashReasonsOptions {
  readonly guard: Pick<HostGuard, 'outOfMemory'>
  readonly reconciler: () => Pick<Reconciler, 'desired' | 'explain' | 'heard'>
  /** A replica of the function ran out of memory; once for each. */
  readonly onOutOfMemory: (fn: FunctionName) => void
  readonly log: Log
}

/** Why replicas died, in words for a person, told to the reconciler for the status and to the log. */
export class CrashReasons {
  readonly #options: CrashReasonsOptions
  /** Replicas of late that ran out of memory: the engine is asked again when it could not remove one. */
  readonly #toldOf = new Set<string>()

  constructor(options: CrashReasonsOptions) {
    this.#options = options
  }

  /** How a replica ended, as a clause for a person. */
  of(record: Pick<ReplicaRecord, 'replica' | 'exitCode' | 'ranOutOfMemory'>): string {
    return record.ranOutOfMemory ? this.#outOfMemory(record) : exitReason(record.exitCode)
  }

  /** The engine was asked how the container of this replica ended. */
  onDeath(record: ReplicaRecord, { exitCode, oomKilled, error }: ContainerDetails): void {
    const { fn, id, revision } = record.replica
    const { log, reconciler } = this.#options
    log.warn('replica exited', { fn, replica: shortId(id), revision, exitCode, oomKilled, error })
    if (!oomKilled) return
    reconciler().explain(record, this.#outOfMemory(record))
    if (this.#toldOf.has(id)) return
    if (this.#toldOf.size >= MOST_REMEMBERED) this.#toldOf.clear()
    this.#toldOf.add(id)
    this.#options.onOutOfMemory(fn)
  }

  /** A replica died or was given up: the last lines of its log may say why. */
  onLastLines(record: ReplicaRecord, lines: readonly string[]): void {
    const { fn, id, revision } = record.replica
    const { log, reconciler } = this.#options
    const words = lastWords(lines)
    reconciler().heard(record, words)
    if (words.length > 0) log.warn('last words of a replica', { fn, replica: shortId(id), revision, words })
  }

  #outOfMemory({ replica }: Pick<ReplicaRecord, 'replica'>): string {
    const { guard, reconciler } = this.#options
    return guard.outOfMemory(reconciler().desired(replica.fn)?.spec)
  }
}
