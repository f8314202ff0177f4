import { type ErrorCode, FaasError, statusOf } from '../../core/errors.ts'
import { LONGEST_ASKED_MS, readRetryAfter, retryDelayMs, type RetryPolicy } from './retry-policy.ts'

/** How an execution ended: the function's answer, or why there is none. */
export type Ending =
  | { readonly kind: 'answered'; readonly status: number; readonly rawHeaders: readonly string[] }
  | { readonly kind: 'failed'; readonly error: FaasError }

/** What becomes of a call after an execution. */
export type Verdict =
  /** That was its answer, good or bad. */
  | { readonly kind: 'final' }
  /** It was executed and may be again. */
  | { readonly kind: 'retry'; readonly delayMs: number }
  /** It was not executed: nobody took it. That is no attempt. */
  | { readonly kind: 'defer'; readonly delayMs: number; readonly isOverload: boolean }
  /** It has been tried as often as its owner wants. */
  | { readonly kind: 'dead' }

export interface VerdictFacts {
  /** Executions so far, this one included. */
  readonly attempts: number
  /** How often it was not taken, this time included. */
  readonly deferrals: number
  readonly policy: RetryPolicy
  /** From 0 to 1. */
  readonly random: number
  /** Since the epoch. */
  readonly nowMs: number
}

/** Said by gateways and watchdogs of answers that are their own and not the function's (async-scaling 1.7). */
export const INTERNAL = 'x-openfaas-internal'

/** Waits of a call that nobody took: they double from the first to the last. */
const FIRST_DEFERRAL_MS = 250
const LAST_DEFERRAL_MS = 30_000
/** Where replicas said that they are busy: how many are asked at a time is limited elsewhere. */
const LAST_OVERLOAD_MS = 2_000

/**
 * Failures of ours that mean that the function was not asked. One that was removed while its call waited for a
 * replica is seen to be gone the next time.
 */
const NOT_EXECUTED: ReadonlySet<ErrorCode> = new Set(['unavailable', 'too-busy', 'not-found'])

/** Answers that no retry will better, whoever gave them. */
const REFUSED: ReadonlySet<number> = new Set([401, 403])

/** Pure: what becomes of a call, by how its execution ended. */
export function verdictOn(ending: Ending, facts: VerdictFacts): Verdict {
  const { attempts, policy, random } = facts
  const status = statusOfEnding(ending)
  const askedMs = askedWaitMs(ending, facts.nowMs)
  if (isDeferral(ending))
    return { kind: 'defer', delayMs: deferralMs(facts, status, askedMs), isOverload: status === 429 }
  if (!isRetryable(ending, status, policy)) return { kind: 'final' }
  if (attempts >= policy.attempts) return { kind: 'dead' }
  return { kind: 'retry', delayMs: retryDelayMs(policy, { attempt: attempts, askedMs, random }) }
}

export function statusOfEnding(ending: Ending): number {
  return ending.kind === 'answered' ? ending.status : statusOf(ending.error)
}

/** A concurrency limit said no, or no replica was there: the function's own code has not seen the call. */
function isDeferral(ending: Ending): boolean {
  if (ending.kind === 'failed') return NOT_EXECUTED.has(ending.error.code)
  const isRefusal = ending.status === 429 || ending.status === 503
  return isRefusal && headerOf(ending.rawHeaders, INTERNAL) !== null
}

function isRetryable(ending: Ending, status: number, { codes }: RetryPolicy): boolean {
  if (REFUSED.has(status)) return false
  if (ending.kind === 'answered') return codes.has(status) || headerOf(ending.rawHeaders, INTERNAL) !== null
  return codes.has(status)
}

function deferralMs({ deferrals, random }: VerdictFacts, status: number, askedMs: number | null): number {
  const lastMs = status === 429 ? LAST_OVERLOAD_MS : LAST_DEFERRAL_MS
  const wholeMs = Math.min(lastMs, FIRST_DEFERRAL_MS * 2 ** Math.min(deferrals - 1, 20))
  return Math.max(Math.min(askedMs ?? 0, LONGEST_ASKED_MS), wholeMs * (0.5 + random / 2))
}

function askedWaitMs(ending: Ending, nowMs: number): number | null {
  if (ending.kind === 'failed') return null
  const text = headerOf(ending.rawHeaders, 'retry-after')
  if (text === null || (ending.status !== 429 && ending.status !== 503)) return null
  return readRetryAfter(text, nowMs)
}

/** The first value of a header; null without one. `name` in lower case. */
export function headerOf(rawHeaders: readonly string[], name: string): string | null {
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    if (rawHeaders[at]?.toLowerCase() === name) return rawHeaders[at + 1] ?? ''
  }
  return null
}
