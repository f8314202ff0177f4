import type { DeployedFunction } from '../functions/function-spec.ts'
import { isAvailable, type Replica } from '../provider/replica.ts'
import { mayGoToZero } from './scaling-labels.ts'

/** Counts of replicas as clients and metrics see them. */
export interface ShownReplicas {
  readonly desired: number
  readonly available: number
}

/** Scaled to zero by idleness: at rest, and opted in. Its replicas may be frozen, which nobody needs to know. */
export function isAtZero({ spec, isResting }: DeployedFunction): boolean {
  return isResting === true && mayGoToZero(spec.labels)
}

/**
 * A function at zero has those replicas that are not frozen (yet). One that is frozen for another reason
 * still counts as running. Pure.
 */
export function shownReplicas(fn: DeployedFunction, replicas: readonly Replica[]): ShownReplicas {
  if (!isAtZero(fn)) return { desired: fn.replicas, available: replicas.filter(isAvailable).length }
  const awake = replicas.filter(({ state }) => state === 'ready').length
  return { desired: Math.min(fn.replicas, awake), available: awake }
}
