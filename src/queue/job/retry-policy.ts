import { asyncAnnotations } from '../../core/calls/async-annotations.ts'
import type { StringMap } from '../../core/functions/function-spec.ts'

/** When a call that failed is made again. OpenFaaS's defaults but for the attempts (async-scaling 1.7, 1.10.8). */
export interface RetryPolicy {
  /** Executions in all. */
  readonly attempts: number
  /** Answers with these statuses are tried again. */
  readonly codes: ReadonlySet<number>
  readonly minWaitMs: number
  readonly maxWaitMs: number
  /** How much of a wait is left to chance: none, all of it, or its second half. */
  readonly jitter: 'none' | 'full' | 'equal'
}

export const USUAL_RETRY: RetryPolicy = {
  attempts: 10,
  codes: new Set([408, 429, 500, 502, 503, 504]),
  minWaitMs: 10_000,
  maxWaitMs: 120_000,
  jitter: 'full',
}

/** What the function's annotations say, and `usual` where they say nothing that makes sense. */
export function retryPolicy(annotations: StringMap, usual: RetryPolicy): RetryPolicy {
  const said = asyncAnnotations(annotations)
  const minWaitMs = said.minWaitMs ?? usual.minWaitMs
  return {
    attempts: said.attempts ?? usual.attempts,
    codes: said.codes ?? usual.codes,
    minWaitMs,
    maxWaitMs: Math.max(minWaitMs, said.maxWaitMs ?? usual.maxWaitMs),
    jitter: usual.jitter,
  }
}

/** Longest wait that a function's `Retry-After` can ask for. */
export const LONGEST_ASKED_MS = 3_600_000

/**
 * The wait after the `attempt`-th execution failed (1 is the first). `askedMs`: what the function asked for;
 * null: nothing. `random`: from 0 to 1.
 */
export function retryDelayMs(
  { minWaitMs, maxWaitMs, jitter }: RetryPolicy,
  {
    attempt,
    askedMs,
    random,
  }: { readonly attempt: number; readonly askedMs: number | null; readonly random: number },
): number {
  if (askedMs !== null) return Math.min(LONGEST_ASKED_MS, Math.max(minWaitMs, askedMs))
  const wholeMs = Math.min(maxWaitMs, minWaitMs * 2 ** Math.min(attempt - 1, 30))
  if (jitter === 'none') return wholeMs
  // Never below the least wait: that is a promise to whoever set it.
  const leastMs = jitter === 'full' ? minWaitMs : Math.max(minWaitMs, wholeMs / 2)
  return leastMs + (wholeMs - leastMs) * random
}

/** A `Retry-After`: seconds, or a date. Null for anything else. `nowMs`: since the epoch. */
export function readRetryAfter(text: string, nowMs: number): number | null {
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000
  // A date of HTTP begins with the name of a day. Date.parse would take much else.
  const atMs = /^[A-Z][a-z]{2}, /.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(atMs) ? null : Math.max(0, atMs - nowMs)
}
