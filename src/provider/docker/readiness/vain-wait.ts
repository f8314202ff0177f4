import type { Setbacks } from '../replicas/setbacks.ts'

/** The facts that decide whether a call should wait for a function without a ready replica. */
export interface WaitFacts {
  readonly isEngineUp: boolean
  readonly isFetching: boolean
  /** The newest revision was ready once, perhaps before a restart of the daemon. */
  readonly isProved: boolean
  /** Replicas of the previous revision are being created again, and nothing has gone wrong with that. */
  readonly canFallBack: boolean
  /** Running replicas, and those of them that will hardly become ready by waiting. */
  readonly running: number
  readonly stuck: number
  readonly setbacks: Setbacks
  /** Time until the next replica of any revision may be created; 0 or less: now. */
  readonly untilNextTryMs: number
  /** A replica has just died or could not be created: the caller has waited for that one. */
  readonly hasJustFailed: boolean
  /** The last setback was that no replica could be created. */
  readonly isUnmade: boolean
  readonly nowMs: number
}

/**
 * Setbacks in a row after which a revision that never was ready is given up; a single one may be an accident.
 */
const TRIES_OF_NEW = 2
/** The same for a revision that was ready and of which no replica can be created now. */
const TRIES_OF_PROVED = 3
/** A next try that is further away is not worth a wait, whatever the function did before. */
const LONGEST_WORTH_MS = 5_000

/**
 * Whether waiting is in vain, so that a caller should be told the reason at once. A revision that served
 * before and dies is waited for, because it is likely to come back: for a few tries, and while the next one is
 * near. While a replica is still starting the answer is no. Pure.
 */
export function isVain(facts: WaitFacts): boolean {
  const { isProved, running, stuck, setbacks, isUnmade, nowMs } = facts
  if (!facts.isEngineUp || facts.isFetching || facts.canFallBack) return false
  if (running > 0) return stuck === running
  if (setbacks.reason === '' || nowMs >= setbacks.retryAtMs) return false
  if (facts.untilNextTryMs > LONGEST_WORTH_MS) return true
  if (!isProved) return setbacks.count >= TRIES_OF_NEW
  return (isUnmade || facts.hasJustFailed) && setbacks.count >= TRIES_OF_PROVED
}
