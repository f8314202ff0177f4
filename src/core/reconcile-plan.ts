/** What should run of one function. */
export interface DesiredReplicas {
  readonly revision: number
  /** When the function was first deployed; what ran under the name before then belongs to another function. */
  readonly deployedAtMs: number
  readonly replicas: number
}

/** One container of the function, as far as the plan looks at it. */
export interface ObservedReplica {
  readonly id: string
  readonly revision: number
  readonly deployedAtMs: number
  /**
   * `alive`: it runs. `leaving`: it was told to go. `dead`: it does not run, or was never started.
   * `failed`: it runs, but was unready for too long or is not well.
   */
  readonly condition: 'alive' | 'leaving' | 'dead' | 'failed'
  readonly isReady: boolean
}

export interface ReconcilePlan {
  /** How many replicas of the desired revision are missing. */
  readonly create: number
  /** To be taken out of service: drained, stopped, removed. */
  readonly retire: readonly string[]
  /** Dead ones, to be removed. */
  readonly bury: readonly string[]
}

/**
 * Desired and observed to actions. Pure, and a fixed point: once observed equals desired the plan is empty.
 *
 * An update adds the new revision's replicas first and lets go of an old one for each new one that is ready, so at every moment as many
 * serve as are desired; a new revision that never gets ready leaves the old one in service.
 */
export function planReplicas(
  desired: DesiredReplicas | null,
  observed: readonly ObservedReplica[],
): ReconcilePlan {
  const bury = idsOf(observed.filter(({ condition }) => condition === 'dead'))
  const leaving = observed.filter(({ condition }) => condition === 'leaving' || condition === 'failed')
  const alive = observed.filter(({ condition }) => condition === 'alive')
  if (desired === null) return { create: 0, retire: idsOf([...leaving, ...alive]), bury }

  const strangers = alive.filter((replica) => !isSameLife(replica, desired))
  const ours = alive.filter((replica) => isSameLife(replica, desired))
  const current = readyFirst(ours.filter(({ revision }) => revision === desired.revision))
  const outdated = readyFirst(ours.filter(({ revision }) => revision !== desired.revision))

  const readyNow = current.filter(({ isReady }) => isReady).length
  const stillNeeded = Math.max(0, desired.replicas - readyNow)
  const surplus = [...current.slice(desired.replicas), ...outdated.slice(stillNeeded)]
  return {
    create: Math.max(0, desired.replicas - current.length),
    retire: idsOf([...leaving, ...strangers, ...surplus]),
    bury,
  }
}

/** Registries store whole milliseconds, clocks have fractions. */
function isSameLife(replica: ObservedReplica, desired: DesiredReplicas): boolean {
  return Math.abs(replica.deployedAtMs - desired.deployedAtMs) <= 1
}

/** The order in which replicas are worth keeping; stable beyond that. */
function readyFirst(replicas: readonly ObservedReplica[]): readonly ObservedReplica[] {
  return [...replicas.filter(({ isReady }) => isReady), ...replicas.filter(({ isReady }) => !isReady)]
}

function idsOf(replicas: readonly ObservedReplica[]): readonly string[] {
  return replicas.map(({ id }) => id)
}
