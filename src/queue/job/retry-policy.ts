import { parseDuration } from '../../core/duration.ts'
import type { StringMap } from '../../core/function-spec.ts'

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

const ATTEMPTS = 'com.openfaas.retry.attempts'
const CODES = 'com.openfaas.retry.codes'
const MIN_WAIT = 'com.openfaas.retry.min_wait'
const MAX_WAIT = 'com.openfaas.retry.max_wait'

/** Of a wait that somebody means. */
const LONGEST_WAIT_MS = 30 * 24 * 3_600_000

/** What was set, and makes no sense: the annotation, and why. */
export interface PolicyComplaint {
  readonly annotation: string
  readonly value: string
}

/**
 * What the function's annotations say, and `usual` where they say nothing. One that makes no sense counts as
 * none, as OpenFaaS has it, and is told to `onInvalid`.
 */
export function retryPolicy(
  annotations: StringMap,
  usual: RetryPolicy,
  onInvalid: (complaint: PolicyComplaint) => void = () => {},
): RetryPolicy {
  const read = <T>(annotation: string, parse: (text: string) => T | null, otherwise: T): T => {
    const value = annotations[annotation]
    if (value === undefined) return otherwise
    const parsed = parse(value.trim())
    if (parsed === null) onInvalid({ annotation, value })
    return parsed ?? otherwise
  }
  const minWaitMs = read(MIN_WAIT, duration, usual.minWaitMs)
  return {
    attempts: read(ATTEMPTS, wholeNumber, usual.attempts),
    codes: read(CODES, statuses, usual.codes),
    minWaitMs,
    maxWaitMs: Math.max(minWaitMs, read(MAX_WAIT, duration, usual.maxWaitMs)),
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

function duration(text: string): number | null {
  try {
    const ms = parseDuration(text)
    return ms <= LONGEST_WAIT_MS ? ms : null
  } catch {
    return null
  }
}

function wholeNumber(text: string): number | null {
  return /^[1-9]\d{0,5}$/.test(text) ? Number(text) : null
}

function statuses(text: string): ReadonlySet<number> | null {
  const parts = text.split(',').map((part) => part.trim())
  return parts.every((part) => /^[1-5]\d\d$/.test(part)) ? new Set(parts.map(Number)) : null
}
