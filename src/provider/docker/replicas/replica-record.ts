import type { Replica, ReplicaState } from '../../../core/provider/replica.ts'
import type { FreezerFiles } from '../cgroups/freezer-files.ts'
import type { ContainerIdentity } from '../container/labels.ts'

/** One container of ours, as last seen. Immutable: a change creates a new record. */
export interface ReplicaRecord {
  readonly replica: Replica
  readonly identity: ContainerIdentity
  /** Whether its process runs. That of a container that was never started does not. */
  readonly isRunning: boolean
  /** When it was created: milliseconds since the epoch, by the engine's clock or ours. */
  readonly createdAtMs: number
  /** PID of its first process on the engine's host; 0 while unknown. */
  readonly pid: number
  /** It runs but must be replaced: it was unready for too long, or is unhealthy. */
  readonly isFailed: boolean
  /** Its problem has lasted and will hardly go away by waiting, for example because it listens elsewhere. */
  readonly isStuck: boolean
  /** It was ready at some time since it was created or found. */
  readonly wasReady: boolean
  /** It was paused by hand and does not answer until it is unpaused. */
  readonly isPaused: boolean
  /** The kernel killed one of its processes because memory ran out. */
  readonly ranOutOfMemory: boolean
  /** Null while it has not ended, as far as known. */
  readonly exitCode: number | null
  /** How often its watchdog's failures were taken for "not ready yet". */
  readonly doubts: number
  /** The freeze or thaw in progress; null: none. */
  readonly turning: PauseEvent | null
  /**
   * The cgroup by whose files its processes are halted, which the engine does not know; null: they are not,
   * or the engine halted them.
   */
  readonly frozenIn: FreezerFiles | null
  /** It could not be frozen: it stays ready instead. */
  readonly isUnfreezable: boolean
  /**
   * When it was last frozen or thawed, by the process's clock; 0 for never. The answer to an older request
   * was delayed by that.
   */
  readonly turnedAtMs: number
}

/** The engine's events when the processes of a container are halted, and when they continue. */
export type PauseEvent = 'pause' | 'unpause'

export type ReplicaChange = Partial<
  Pick<
    ReplicaRecord,
    | 'isRunning'
    | 'isFailed'
    | 'isStuck'
    | 'isPaused'
    | 'ranOutOfMemory'
    | 'pid'
    | 'exitCode'
    | 'doubts'
    | 'turning'
    | 'frozenIn'
    | 'isUnfreezable'
    | 'turnedAtMs'
  > & {
    readonly state: ReplicaState
    readonly host: string
    /** Empty: none. A new state removes an old reason. */
    readonly reason: string
    readonly isUnproven: boolean
  }
>

/** What is known about a container when it is added. */
export interface FoundContainer {
  readonly isRunning: boolean
  /** Empty when it has no address yet. */
  readonly host: string
  /** Absent: now. */
  readonly createdAtMs?: number
}

/** Whether it was ready before and is now kept out of service by its repeated readiness probe. */
export function isOutOfService({ replica, identity, isRunning, isFailed, wasReady }: ReplicaRecord): boolean {
  const isOut = isRunning && !isFailed && replica.state === 'starting'
  return isOut && wasReady && identity.probes.isReadinessRepeated
}

/**
 * The replica after a change. It is the same object if nothing changed, so that holders can compare. `now`:
 * milliseconds since the epoch.
 */
export function changedReplica(before: Replica, change: ReplicaChange, now: () => number): Replica {
  const { state = before.state, host = before.host, isUnproven = before.isUnproven ?? false } = change
  const moved = state !== before.state
  const reason = change.reason ?? (moved ? '' : (before.reason ?? ''))
  const isSame = !moved && host === before.host && reason === (before.reason ?? '')
  if (isSame && isUnproven === (before.isUnproven ?? false)) return before
  const { reason: _reason, isUnproven: _isUnproven, ...rest } = before
  return {
    ...rest,
    state,
    host,
    sinceMs: moved ? now() : before.sinceMs,
    ...(reason !== '' && { reason }),
    ...(isUnproven && { isUnproven }),
  }
}
