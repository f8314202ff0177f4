import { backoffMs } from '../../../core/backoff.ts'

/**
 * How often in a row replicas of a function died or could not be created, and when the next one may be
 * created.
 */
export interface Setbacks {
  readonly count: number
  readonly retryAtMs: number
  /** The last one, for a person. */
  readonly reason: string
}

export const NO_SETBACKS: Setbacks = { count: 0, retryAtMs: 0, reason: '' }

const FIRST_MS = 1_000
const MOST_MS = 60_000
/** After this long without a setback since the last retry, the next setback counts as a first one. */
const STABLE_MS = 60_000

/**
 * The record after one more setback. Replicas that fail together, from one cause, count once: a setback
 * before the next retry changes only the reason.
 */
export function afterSetback(before: Setbacks, reason: string, nowMs: number): Setbacks {
  if (nowMs < before.retryAtMs) return { ...before, reason }
  const count = nowMs - before.retryAtMs >= STABLE_MS ? 1 : before.count + 1
  return { count, retryAtMs: nowMs + backoffMs(count, FIRST_MS, MOST_MS), reason }
}
