/** What should run of one function. */
export interface DesiredReplicas {
  readonly revision: number
  /**
   * When the function was first deployed; what ran under the name before then belongs to another function.
   */
  readonly deployedAtMs: number
  readonly replicas: number
  /** The older revision that serves until this one does; null when none is known. */
  readonly lastGood: number | null
  /**
   * This revision cannot be had now, or the good one was in service: replicas of the good one that are
   * missing are made.
   */
  readonly needsLastGood: boolean
  /** What is ready and has no calls is to be frozen; else what is frozen is to be thawed. */
  readonly isResting: boolean
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
  /** It takes calls, at once or after a thaw: a frozen one is as good as any. */
  readonly isReady: boolean
  readonly isFrozen: boolean
  /** It has no calls, and the engine can freeze it. */
  readonly canFreeze: boolean
}

export interface ReconcilePlan {
  /** How many replicas of the desired revision are missing. */
  readonly create: number
  /** How many replicas of the last good revision are missing. */
  readonly restore: number
  /** To be taken out of service: drained, stopped, removed. */
  readonly retire: readonly string[]
  /** Dead ones, to be removed. */
  readonly remove: readonly string[]
  readonly freeze: readonly string[]
  readonly thaw: readonly string[]
}

/**
 * Desired and observed to actions. Pure, and a fixed point: once observed equals desired the plan is empty.
 *
 * An update adds the new revision's replicas first and lets go of an old one for each new one that is ready,
 * so at every moment as many serve as are desired. While a new revision does not get ready the last good one
 * stays in service, also when its own replicas die.
 */
export function planReplicas(
  desired: DesiredReplicas | null,
  observed: readonly ObservedReplica[],
): ReconcilePlan {
  const remove = idsOf(observed.filter(({ condition }) => condition === 'dead'))
  const leaving = observed.filter(({ condition }) => condition === 'leaving' || condition === 'failed')
  const alive = observed.filter(({ condition }) => condition === 'alive')
  if (desired === null) {
    return { create: 0, restore: 0, retire: idsOf([...leaving, ...alive]), remove, freeze: [], thaw: [] }
  }

  const otherLifetime = alive.filter((replica) => !isSameLife(replica, desired))
  const ours = alive.filter((replica) => isSameLife(replica, desired))
  const current = readyFirst(ours.filter(({ revision }) => revision === desired.revision))
  const outdated = readyFirst(ours.filter(({ revision }) => revision !== desired.revision))
  const hopeless = outdated.filter((replica) => !mayServe(replica, desired))
  const worthy = outdated.filter((replica) => mayServe(replica, desired))

  const readyNow = current.filter(({ isReady }) => isReady).length
  const stillNeeded = Math.max(0, desired.replicas - readyNow)
  const surplus = [...current.slice(desired.replicas), ...hopeless, ...worthy.slice(stillNeeded)]
  const kept = ours.filter((replica) => !surplus.includes(replica))
  return {
    create: Math.max(0, desired.replicas - current.length),
    restore: desired.needsLastGood ? Math.max(0, stillNeeded - worthy.length) : 0,
    retire: idsOf([...leaving, ...otherLifetime, ...surplus]),
    remove,
    ...restOf(kept, desired.isResting),
  }
}

/** Those that stay, and are not as their function is. */
function restOf(
  kept: readonly ObservedReplica[],
  isResting: boolean,
): Pick<ReconcilePlan, 'freeze' | 'thaw'> {
  const frozen = kept.filter(({ isFrozen }) => isFrozen)
  const freezable = kept.filter(({ isReady, isFrozen, canFreeze }) => isReady && !isFrozen && canFreeze)
  return { freeze: isResting ? idsOf(freezable) : [], thaw: isResting ? [] : idsOf(frozen) }
}

/** What is not ready and of another revision than the good one is what a failed update left. */
function mayServe({ isReady, revision }: ObservedReplica, { lastGood }: DesiredReplicas): boolean {
  return isReady || lastGood === null || revision === lastGood
}

interface Life {
  readonly deployedAtMs: number
}

/**
 * Whether both are of one function, not of one that was removed and another that has its name now. Registries
 * store whole milliseconds, clocks have fractions.
 */
export function isSameLife(one: Life, other: Life): boolean {
  return Math.abs(one.deployedAtMs - other.deployedAtMs) <= 1
}

/** The order in which replicas are worth keeping; stable beyond that. */
function readyFirst(replicas: readonly ObservedReplica[]): readonly ObservedReplica[] {
  return [...replicas.filter(({ isReady }) => isReady), ...replicas.filter(({ isReady }) => !isReady)]
}

function idsOf(replicas: readonly ObservedReplica[]): readonly string[] {
  return replicas.map(({ id }) => id)
}
