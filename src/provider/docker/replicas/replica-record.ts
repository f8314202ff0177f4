import type { Replica, ReplicaState } from '../../../core/replica.ts'
import type { ContainerIdentity } from '../container/labels.ts'

/** One container of ours, as last seen. Snapshots: a change makes a new one. */
export interface ReplicaRecord {
  readonly replica: Replica
  readonly identity: ContainerIdentity
  /** Whether its process runs. A created one that was never started does not. */
  readonly isRunning: boolean
  /** When it was made: milliseconds since the epoch, by the engine's clock or ours. */
  readonly createdAtMs: number
  /** Of its first process on the engine's host; 0 while nobody asked. */
  readonly pid: number
  /** It runs but must be replaced: it was unready for too long, or is not well. */
  readonly isFailed: boolean
  /** What it lacks has lasted, and it hardly comes by waiting: it listens elsewhere. */
  readonly isStuck: boolean
  /** It was ready once since it was made or found. */
  readonly wasReady: boolean
  /** Somebody halted it by hand: it answers nobody until he lets it go on. */
  readonly isPaused: boolean
  /** The kernel killed something in it for want of memory. */
  readonly ranOutOfMemory: boolean
  /** Null while it has not ended, as far as we saw. */
  readonly exitCode: number | null
  /** How often its watchdog's failures were taken for "not ready yet". */
  readonly doubts: number
  /** What the engine is being asked to do with it; null: nothing. */
  readonly turning: PauseEvent | null
  /** The engine would not freeze it: it stays ready instead. */
  readonly isUnfreezable: boolean
  /**
   * When it was frozen or thawed last, by the process's clock; 0 for never. An answer that was asked for
   * before then was held up.
   */
  readonly turnedAtMs: number
}

/** What the engine tells when processes of a container are halted, and when they go on. */
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
    | 'isUnfreezable'
    | 'turnedAtMs'
  > & {
    readonly state: ReplicaState
    readonly host: string
    /** Empty: none. A new state takes an old reason away. */
    readonly reason: string
    readonly isUnproven: boolean
  }
>

/** What is known of a container at first. */
export interface FoundContainer {
  readonly isRunning: boolean
  /** Empty when it has no address yet. */
  readonly host: string
  /** Left out: now. */
  readonly createdAtMs?: number
}

/** Whether it was ready, and its readiness probe, which goes on, keeps it out of service for now. */
export function isOutOfService({ replica, identity, isRunning, isFailed, wasReady }: ReplicaRecord): boolean {
  const isOut = isRunning && !isFailed && replica.state === 'starting'
  return isOut && wasReady && identity.probes.isReadinessRepeated
}

/**
 * The replica after a change: the same object when nothing of it changes, by which who holds it sees that.
 * `now`: milliseconds since the epoch.
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
