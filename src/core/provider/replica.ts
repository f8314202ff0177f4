import type { FunctionName } from '../functions/function-name.ts'

/**
 * The life of a replica:
 *
 *   starting ──▶ ready ◀──▶ frozen
 *      │  ▲        │           │
 *      │  └────────┤ (suspect) │
 *      ▼           ▼           ▼
 *     gone ◀── draining ◀──────┘
 */
export type ReplicaState =
  /** Its container exists, but it has not passed its readiness probe yet, or has failed it since. */
  | 'starting'
  /** It passed its readiness probe: it may be called. */
  | 'ready'
  /** Frozen: keeps its memory, must be thawed before it is called. */
  | 'frozen'
  /** Lets its calls end and takes no new ones; it will be removed. */
  | 'draining'
  /** Its container is gone or dead. */
  | 'gone'

/** One running copy of a function, as the provider sees it. */
export interface Replica {
  /** Unique over time; for Docker the container id. */
  readonly id: string
  readonly fn: FunctionName
  readonly revision: number
  readonly state: ReplicaState
  /**
   * Where it answers HTTP. Meaningful in `ready` and `draining`. Behind an orchestrator one address may stand
   * for several copies, which then count as one replica for calls.
   */
  readonly host: string
  readonly port: number
  /** Milliseconds since the epoch at which the present state began. */
  readonly sinceMs: number
  /**
   * What keeps it from being ready, as a clause for a person; absent when nothing does or nothing is known.
   */
  readonly reason?: string
  /**
   * Its watchdog answers, but it could not be checked whether the process behind it does. A failure from the
   * watchdog may then mean that the process is not ready yet.
   */
  readonly isUnproven?: boolean
}

/** Whether it takes calls. A frozen one does: it is thawed within milliseconds. */
export function isAvailable({ state }: Pick<Replica, 'state'>): boolean {
  return state === 'ready' || state === 'frozen'
}
