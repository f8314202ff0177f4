import { parseDuration } from '../duration.ts'
import { FaasError } from '../errors.ts'
import type { StringMap } from '../functions/function-spec.ts'
import { quoted } from '../quoted.ts'

// The annotations of a function that are about its asynchronous calls. Ours must make sense, or the deployment
// is refused. Those of OpenFaaS about retries count as none when they do not, as OpenFaaS has it; whoever deploys
// is told.

/** What the annotations say; undefined: nothing, or nothing that makes sense. */
export interface AsyncAnnotations {
  readonly queue: string | undefined
  /** Calls at a time. */
  readonly concurrency: number | undefined
  /** Calls that may wait. */
  readonly mostWaiting: number | undefined
  /** The answer of each call is kept. */
  readonly keepsResults: boolean
  /** Executions in all. */
  readonly attempts: number | undefined
  /** Answers with these statuses are tried again. */
  readonly codes: ReadonlySet<number> | undefined
  readonly minWaitMs: number | undefined
  readonly maxWaitMs: number | undefined
}

export const QUEUE = 'com.openfaas.queue'
export const CONCURRENCY = 'com.openfaas.queue.concurrency'
export const MOST_WAITING = 'com.openfaas.queue.max-backlog'
export const KEEPS_RESULTS = 'com.sampan.async.store'
const ATTEMPTS = 'com.openfaas.retry.attempts'
const CODES = 'com.openfaas.retry.codes'
const MIN_WAIT = 'com.openfaas.retry.min_wait'
const MAX_WAIT = 'com.openfaas.retry.max_wait'

/** What OpenFaaS allows, and short enough for a subject of NATS. */
const QUEUE_NAME = /^[a-z0-9_-]{1,63}$/

/** Of a wait that somebody means. */
const LONGEST_WAIT_MS = 30 * 24 * 3_600_000

export function isQueueName(text: string): boolean {
  return QUEUE_NAME.test(text)
}

/** Of deployed functions: they are looked at with every call, and never change. */
const KNOWN = new WeakMap<StringMap, AsyncAnnotations>()

/** Never throws: a registry may hold what an older release let in. */
export function asyncAnnotations(annotations: StringMap): AsyncAnnotations {
  const known = KNOWN.get(annotations) ?? readAnnotations(annotations)
  KNOWN.set(annotations, known)
  return known
}

function readAnnotations(annotations: StringMap): AsyncAnnotations {
  const read = <T>(name: string, parse: (text: string) => T | undefined): T | undefined => {
    const text = annotations[name]
    return text === undefined ? undefined : parse(text.trim())
  }
  return {
    queue: read(QUEUE, (text) => (isQueueName(text) ? text : undefined)),
    concurrency: read(CONCURRENCY, wholeNumber),
    mostWaiting: read(MOST_WAITING, wholeNumber),
    keepsResults: read(KEEPS_RESULTS, flag) ?? false,
    attempts: read(ATTEMPTS, wholeNumber),
    codes: read(CODES, statuses),
    minWaitMs: read(MIN_WAIT, duration),
    maxWaitMs: read(MAX_WAIT, duration),
  }
}

/** What each of ours must be, as a sentence goes on. */
const OURS: readonly (readonly [name: string, parse: (text: string) => unknown, must: string])[] = [
  [
    QUEUE,
    (text) => (isQueueName(text) ? text : undefined),
    'must be 1 to 63 lower-case letters, digits, - or _',
  ],
  [CONCURRENCY, wholeNumber, 'must be a whole number from 1 to 999999'],
  [MOST_WAITING, wholeNumber, 'must be a whole number from 1 to 999999'],
  [KEEPS_RESULTS, flag, 'must be true or false'],
]

const OF_RETRIES: typeof OURS = [
  [ATTEMPTS, wholeNumber, 'is not a whole number from 1 to 999999'],
  [CODES, statuses, 'is not a list of statuses such as 429,500,502'],
  [MIN_WAIT, duration, 'is not a duration such as 10s'],
  [MAX_WAIT, duration, 'is not a duration such as 120s'],
]

/** Throws `invalid`, naming the field. */
export function checkAsyncAnnotations(annotations: StringMap): void {
  const [complaint] = complaints(annotations, OURS)
  if (complaint !== undefined) throw new FaasError('invalid', complaint)
}

/** What a deployment says that counts as not said: a sentence each. */
export function asyncRemarks(annotations: StringMap): readonly string[] {
  return complaints(annotations, OF_RETRIES).map((complaint) => `${complaint}, so the usual value holds`)
}

function complaints(annotations: StringMap, known: typeof OURS): readonly string[] {
  return known.flatMap(([name, parse, must]) => {
    const text = annotations[name]
    if (text === undefined || parse(text.trim()) !== undefined) return []
    return [`annotations.${name}: ${quoted(text)} ${must}`]
  })
}

function duration(text: string): number | undefined {
  try {
    const ms = parseDuration(text)
    return ms <= LONGEST_WAIT_MS ? ms : undefined
  } catch {
    return undefined
  }
}

function wholeNumber(text: string): number | undefined {
  return /^[1-9]\d{0,5}$/.test(text) ? Number(text) : undefined
}

function flag(text: string): boolean | undefined {
  if (text === 'true') return true
  return text === 'false' ? false : undefined
}

function statuses(text: string): ReadonlySet<number> | undefined {
  const parts = text.split(',').map((part) => part.trim())
  return parts.every((part) => /^[1-5]\d\d$/.test(part)) ? new Set(parts.map(Number)) : undefined
}
