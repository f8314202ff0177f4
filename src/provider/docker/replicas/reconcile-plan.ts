/** The desired state of one function. */
export interface DesiredReplicas {
  readonly revision: number
  /** When the function was first deployed. Older containers of this name belong to a removed function. */
  readonly deployedAtMs: number
  readonly replicas: number
  /** The older revision that serves until this one does; null when none is known. */
  readonly lastGood: number | null
  /**
   * This revision cannot run now, or the last good one was in service: create missing replicas of the last
   * good one.
   */
  readonly needsLastGood: boolean
  /** Freeze ready replicas without calls. If false, thaw frozen ones. */
  readonly isResting: boolean
}

/** One container of the function, as far as the plan looks at it. */
export interface ObservedReplica {
  readonly id: string
  readonly revision: number
  readonly deployedAtMs: number
  /**
   * `alive`: it runs. `leaving`: it is being retired. `dead`: it does not run, or was never started.
   * `failed`: it runs, but was unready for too long or is unhealthy.
   */
  readonly condition: 'alive' | 'leaving' | 'dead' | 'failed'
  /** It takes calls, at once or after a thaw. */
  readonly isReady: boolean
  readonly isFrozen: boolean
  /** That it has now. */
  readonly calls: number
  /** It has no calls, and the engine can freeze it. */
  readonly canFreeze: boolean
}

/** Why a replica has to go. The log says so in these words. */
export const DEPARTURES = {
  dead: 'its process has ended',
  failed: 'it was not ready for too long, or became unhealthy',
  leaving: 'it was being removed already',
  removed: 'the function was removed',
  'other-life': 'it belongs to an earlier function of this name',
  'given-up': 'its revision never became ready and is not the one that serves',
  outdated: 'a newer revision serves',
  surplus: 'fewer replicas are wanted',
} as const

export type DepartureReason = keyof typeof DEPARTURES

export interface Departure {
  readonly id: string
  readonly why: DepartureReason
}

export interface ReconcilePlan {
  /** How many replicas of the desired revision are missing. */
  readonly create: number
  /** How many replicas of the last good revision are missing. */
  readonly restore: number
  /** To take out of service, as far as they are in it: drain, stop, remove. */
  readonly retire: readonly Departure[]
  readonly freeze: readonly string[]
  readonly thaw: readonly string[]
}

/**
 * Compares desired and observed, and returns the actions. Pure. When observed equals desired the plan is
 * empty.
 *
 * An update first adds replicas of the new revision and retires an old one for each new one that is ready, so
 * at any time as many serve as are desired. While a new revision is not ready the last good one stays in
 * service, even when its own replicas die.
 */
export function planReplicas(
  desired: DesiredReplicas | null,
  observed: readonly ObservedReplica[],
): ReconcilePlan {
  const lost = observed.flatMap(({ id, condition: why }) => (why === 'alive' ? [] : [{ id, why }]))
  const alive = observed.filter(({ condition }) => condition === 'alive')
  if (desired === null) {
    return { create: 0, restore: 0, retire: [...lost, ...going('removed', alive)], freeze: [], thaw: [] }
  }

  const otherLifetime = alive.filter((replica) => !isSameLife(replica, desired))
  const ours = alive.filter((replica) => isSameLife(replica, desired))
  const current = keptFirst(ours.filter(({ revision }) => revision === desired.revision))
  const outdated = keptFirst(ours.filter(({ revision }) => revision !== desired.revision))
  const hopeless = outdated.filter((replica) => !mayServe(replica, desired))
  const worthy = outdated.filter((replica) => mayServe(replica, desired))

  const readyNow = current.filter(({ isReady }) => isReady).length
  const stillNeeded = Math.max(0, desired.replicas - readyNow)
  const surplus = current.slice(desired.replicas)
  const replaced = worthy.slice(stillNeeded)
  const kept = ours.filter((replica) => ![surplus, hopeless, replaced].flat().includes(replica))
  return {
    create: Math.max(0, desired.replicas - current.length),
    restore: desired.needsLastGood ? Math.max(0, stillNeeded - worthy.length) : 0,
    retire: [
      ...lost,
      ...going('other-life', otherLifetime),
      ...going('surplus', surplus),
      ...going('given-up', hopeless),
      ...going(desired.replicas === 0 ? 'surplus' : 'outdated', replaced),
    ],
    ...restOf(kept, desired.isResting),
  }
}

/** Replicas that stay but must be frozen or thawed. */
function restOf(
  kept: readonly ObservedReplica[],
  isResting: boolean,
): Pick<ReconcilePlan, 'freeze' | 'thaw'> {
  const frozen = kept.filter(({ isFrozen }) => isFrozen)
  const freezable = kept.filter(({ isReady, isFrozen, canFreeze }) => isReady && !isFrozen && canFreeze)
  return { freeze: isResting ? idsOf(freezable) : [], thaw: isResting ? [] : idsOf(frozen) }
}

/** An unready replica of a revision other than the last good one was left by a failed update. */
function mayServe({ isReady, revision }: ObservedReplica, { lastGood }: DesiredReplicas): boolean {
  return isReady || lastGood === null || revision === lastGood
}

interface Life {
  readonly deployedAtMs: number
}

/**
 * Whether both belong to the same function, not to a removed one and a new one of the same name. The registry
 * stores whole milliseconds, clocks have fractions.
 */
export function isSameLife(one: Life, other: Life): boolean {
  return Math.abs(one.deployedAtMs - other.deployedAtMs) <= 1
}

/**
 * Those first that are kept when there are too many: the ready ones, of these the ones with most calls, since
 * their end would be waited for; otherwise in the same order, the oldest first.
 */
function keptFirst(replicas: readonly ObservedReplica[]): readonly ObservedReplica[] {
  return replicas.toSorted(
    (one, other) => Number(other.isReady) - Number(one.isReady) || other.calls - one.calls,
  )
}

function going(why: DepartureReason, replicas: readonly ObservedReplica[]): readonly Departure[] {
  return replicas.map(({ id }) => ({ id, why }))
}

function idsOf(replicas: readonly ObservedReplica[]): readonly string[] {
  return replicas.map(({ id }) => id)
}
