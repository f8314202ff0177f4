import type { FunctionName } from './function-name.ts'

/** Resource strings exactly as they were deployed; `resources.ts` gives them a meaning. */
export interface FunctionResources {
  readonly memory?: string
  readonly cpu?: string
  readonly 'nvidia.com/gpu'?: string
  readonly 'amd.com/gpu'?: string
  readonly 'intel.com/gpu'?: string
}

export type StringMap = Readonly<Record<string, string>>

/** What a user deployed, checked. Strings are kept verbatim: clients compare them byte for byte. */
export interface FunctionSpec {
  readonly name: FunctionName
  readonly image: string
  /** Becomes the environment variable `fprocess`, unless `envVars` sets that itself. Empty means none. */
  readonly envProcess: string
  readonly envVars: StringMap
  readonly constraints: readonly string[]
  /** Names of secrets, mounted at /var/openfaas/secrets/NAME, in the order given. */
  readonly secrets: readonly string[]
  readonly labels: StringMap
  readonly annotations: StringMap
  readonly limits?: FunctionResources
  readonly requests?: FunctionResources
  readonly readOnlyRootFilesystem: boolean
}

/** One deploy or update of a function, as it can be run. */
export interface Revision {
  readonly spec: FunctionSpec
  /** Grows with every deploy and update on this machine and is never used twice, not even after a removal. */
  readonly revision: number
  /** What the provider's `prepare` returned for it; null until then. */
  readonly artifact: string | null
}

/** A revision that another one has replaced. */
export interface EarlierRevision extends Revision {
  /** The body as the client sent it; empty when that is not known any more. */
  readonly body: string
  /** Milliseconds since the epoch. */
  readonly deployedAtMs: number
  /** Whether it was ever ready, as far as is known. */
  readonly wasReady: boolean
  /** What kept it from being in service when it was replaced; empty when nothing was known to. */
  readonly reason: string
}

/** A function of the registry: what should run. */
export interface DeployedFunction extends Revision {
  /**
   * The newest revision that was ever ready. It serves until `revision` is ready, and is absent from then on,
   * or when there is none.
   */
  readonly lastGood?: Revision
  /** Whether this revision was ever ready. Absent: not as far as is known. */
  readonly isProved?: boolean
  /** Replicas wanted, 0 and up. */
  readonly replicas: number
  /**
   * No call is expected soon: the provider may freeze replicas without calls, so that they use no CPU. They
   * still count as replicas. Absent: replicas are kept ready.
   */
  readonly isResting?: boolean
  /** Milliseconds since the epoch; the first deploy, kept across updates. */
  readonly createdAtMs: number
  readonly updatedAtMs: number
}

/** A deploy or an update about to be stored. */
export interface FunctionChange {
  readonly spec: FunctionSpec
  /** The body as the client sent it. */
  readonly body: string
  readonly replicas: number
  readonly artifact: string | null
  readonly nowMs: number
  /** What keeps the revision that it replaces from being in service. Absent or empty: nothing known. */
  readonly reason?: string
}

/** The newest revision and, if there is one, the last good one. What they need must be kept. */
export function revisionsOf(fn: DeployedFunction): readonly Revision[] {
  return fn.lastGood === undefined ? [fn] : [fn, fn.lastGood]
}
