import { parseDuration } from '../../../core/duration.ts'
import { FaasError, messageOf } from '../../../core/errors.ts'
import type { StringMap } from '../../../core/functions/function-spec.ts'
import { quoted } from '../../../core/quoted.ts'

/**
 * The annotations of http-api 12.2 under one prefix: times in milliseconds, and numbers of answers in a row.
 */
export interface ProbeAnnotations {
  /** Null: the usual path. */
  readonly path: string | null
  readonly delayMs: number
  readonly periodMs: number
  readonly timeoutMs: number
  readonly successes: number
  readonly failures: number
}

/** The longest time that fits a timer, and far more than makes sense. */
const MOST = 99_999

/**
 * The annotations about `ready` or `health`; null when there are none. Defaults are those of Kubernetes, to
 * which OpenFaaS passes these values. Other field names have no meaning here. Throws `invalid`, naming the
 * annotation.
 */
export function probeAnnotations(kind: 'ready' | 'health', annotations: StringMap): ProbeAnnotations | null {
  const prefix = `com.openfaas.${kind}.http.`
  const read = <T>(field: string, parse: (text: string) => T): T | null => {
    const text = annotations[prefix + field]
    if (text === undefined || text === '') return null
    try {
      return parse(text)
    } catch (error) {
      throw new FaasError('invalid', `annotations.${prefix}${field}: ${messageOf(error)}`)
    }
  }
  const path = read('path', asPath)
  const delay = read('initialDelay', durationMs)
  const delaySeconds = read('initialDelaySeconds', wholeFrom(0))
  const period = read('periodSeconds', wholeFrom(1))
  const timeout = read('timeoutSeconds', wholeFrom(1))
  const failures = read('failureThreshold', wholeFrom(1))
  // Kubernetes allows only 1 for liveness, so OpenFaaS has no such annotation for it.
  const successes = kind === 'ready' ? read('successThreshold', wholeFrom(1)) : null

  const given = [path, delay, delaySeconds, period, timeout, failures, successes]
  if (given.every((value) => value === null)) return null
  return {
    path,
    delayMs: delaySeconds === null ? (delay ?? 0) : delaySeconds * 1_000,
    periodMs: (period ?? 10) * 1_000,
    timeoutMs: (timeout ?? 1) * 1_000,
    successes: successes ?? 1,
    failures: failures ?? 3,
  }
}

function wholeFrom(least: number): (text: string) => number {
  return (text) => {
    if (/^\d{1,5}$/.test(text) && Number(text) >= least) return Number(text)
    throw new Error(`${quoted(text)} must be a whole number from ${least} to ${MOST}`)
  }
}

function durationMs(text: string): number {
  const ms = parseDuration(text)
  if (ms <= MOST * 1_000) return ms
  throw new Error(`${quoted(text)} must be at most ${MOST}s`)
}

/** Only what may stand in a request line. */
function asPath(text: string): string {
  const path = text.startsWith('/') ? text : `/${text}`
  return path.replace(/[^\x21-\x7e]/gu, escaped)
}

function escaped(character: string): string {
  // Half of a surrogate pair has no bytes of its own.
  return encodeURIComponent(/\p{Surrogate}/u.test(character) ? '\ufffd' : character)
}
