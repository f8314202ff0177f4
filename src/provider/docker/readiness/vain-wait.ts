import type { Setbacks } from '../replicas/setbacks.ts'

/** What decides whether a call of a function without a ready replica should wait for one. */
export interface WaitFacts {
  readonly isEngineUp: boolean
  readonly isFetching: boolean
  /** The newest revision was ready once, now or in an earlier life of the daemon. */
  readonly isProved: boolean
  /** The revision before is made again, and nothing went wrong with that. */
  readonly canFallBack: boolean
  /** Replicas that run, and those of them whose lack hardly goes away by waiting. */
  readonly running: number
  readonly stuck: number
  readonly setbacks: Setbacks
  /** The last setback was that no replica could be made. */
  readonly isUnmade: boolean
  readonly nowMs: number
}

/** Setbacks in a row of a revision that never was ready: one may be an accident. */
const TRIES_OF_NEW = 2
/** Setbacks in a row of one that was ready and cannot even be made now. */
const TRIES_OF_PROVED = 3

/**
 * Whether waiting is in vain, so that a caller had better be told the reason at once. A revision that served
 * before and dies is waited for: it is likely to come back. While a replica is being tried, nobody knows.
 * Pure.
 */
export function isVain(facts: WaitFacts): boolean {
  const { isProved, running, stuck, setbacks, isUnmade, nowMs } = facts
  if (!facts.isEngineUp || facts.isFetching || facts.canFallBack) return false
  if (running > 0) return stuck === running
  if (setbacks.reason === '' || nowMs >= setbacks.retryAtMs) return false
  return isProved ? isUnmade && setbacks.count >= TRIES_OF_PROVED : setbacks.count >= TRIES_OF_NEW
}
