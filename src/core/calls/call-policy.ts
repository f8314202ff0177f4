import { parseDuration } from '../duration.ts'
import { FaasError, messageOf } from '../errors.ts'
import type { FunctionSpec, StringMap } from '../functions/function-spec.ts'
import { quoted } from '../quoted.ts'

/** A time limit, and the setting that changes it. */
export interface TimeLimit {
  /** 0 means none. */
  readonly ms: number
  /** An environment variable of the daemon, or an annotation of the function. */
  readonly setting: string
}

/** A limit of calls in flight, and the setting that changes it. */
export interface CallCountLimit {
  readonly most: number
  readonly setting: string
}

/** What holds for the calls of one function, whatever triggers them. */
export interface CallPolicy {
  /** Until the function begins its answer. Does not run while the function waits for the caller's body. */
  readonly upstream: TimeLimit
  /** From the start of a call to the end of its answer. */
  readonly write: TimeLimit
  /** Longest wait for a replica. */
  readonly wake: TimeLimit
  /** Calls in flight at a time, including those that wait for a replica. */
  readonly calls: CallCountLimit
  /** Calls at a time that wait for a replica, or for one with room. */
  readonly waiting: CallCountLimit
  /** What happens when each replica has as many calls as it takes; null: they get the call all the same. */
  readonly places: Places | null
}

/** A call waits when each replica has as many calls as it takes. */
export interface Places {
  readonly perReplica: CallCountLimit
  readonly wait: TimeLimit
}

/** For the whole call, in place of the daemon's two limits. */
const TIMEOUT = 'com.sampan.call.timeout'

/** Calls of the function at a time; the next one gets a 429. */
const CONCURRENCY = 'com.sampan.call.concurrency'

/** Calls at a time that one replica takes, in place of what its watchdog is told. */
const PER_REPLICA = 'com.sampan.replica.concurrency'

/** What the watchdog is told: it answers 429 beyond. */
const MAX_INFLIGHT = 'max_inflight'

/** How long a call waits for a place when no replica takes another one. */
const MAX_WAIT = 'com.openfaas.max-wait'

const LONGEST_WAIT_MS = 3_600_000
const LEAST_TIMEOUT_MS = 1_000
const LONGEST_TIMEOUT_MS = 24 * 3_600_000

/** The annotations of a deployment that are about calls. Throws `invalid`, naming the field. */
export function checkCallAnnotations(annotations: StringMap): void {
  for (const [name, read] of [
    [TIMEOUT, readTimeout],
    [CONCURRENCY, readConcurrency],
    [PER_REPLICA, readConcurrency],
    [MAX_WAIT, readWait],
  ] as const) {
    const text = annotations[name]
    if (text === undefined) continue
    try {
      read(text)
    } catch (error) {
      throw new FaasError('invalid', `annotations.${name}: ${messageOf(error)}`)
    }
  }
}

/** Calls at a time that one replica takes; null: nobody set a limit. */
export function callsPerReplica({ annotations, envVars }: PolicySource): CallCountLimit | null {
  const asked = readOrNull(annotations[PER_REPLICA], readConcurrency)
  if (asked !== null) return { most: asked, setting: `annotation ${PER_REPLICA}` }
  // As the watchdog reads it: 0 and nonsense are no limit.
  const told = readOrNull(envVars[MAX_INFLIGHT], readConcurrency)
  return told === null ? null : { most: told, setting: MAX_INFLIGHT }
}

/**
 * The policy from the function's annotations and environment, and `usual` where they say nothing. An invalid
 * annotation, which an older release may have accepted, is ignored.
 */
export function callPolicy(source: PolicySource, usual: CallPolicy): CallPolicy {
  const { annotations } = source
  const timeoutMs = readOrNull(annotations[TIMEOUT], readTimeout)
  const concurrency = readOrNull(annotations[CONCURRENCY], readConcurrency)
  const places = placesOf(source)
  if (timeoutMs === null && concurrency === null && places === null) return usual
  const setting = `annotation ${TIMEOUT}`
  return {
    ...usual,
    ...(timeoutMs === null ? {} : { upstream: { ms: 0, setting }, write: { ms: timeoutMs, setting } }),
    ...(concurrency === null || concurrency > usual.calls.most
      ? {}
      : { calls: { most: concurrency, setting: `annotation ${CONCURRENCY}` } }),
    places,
  }
}

/** What a policy is read from. */
type PolicySource = Pick<FunctionSpec, 'annotations' | 'envVars'>

function placesOf(source: PolicySource): Places | null {
  const perReplica = callsPerReplica(source)
  const ms = readOrNull(source.annotations[MAX_WAIT], readWait) ?? 0
  if (perReplica === null || ms === 0) return null
  return { perReplica, wait: { ms, setting: `annotation ${MAX_WAIT}` } }
}

function readWait(text: string): number {
  const ms = parseDuration(text)
  if (ms <= LONGEST_WAIT_MS) return ms
  throw new Error(`${quoted(text)} must be a duration of 1h at most`)
}

function readTimeout(text: string): number {
  const ms = parseDuration(text)
  if (ms >= LEAST_TIMEOUT_MS && ms <= LONGEST_TIMEOUT_MS) return ms
  throw new Error(`${quoted(text)} must be a duration from 1s to 24h`)
}

function readConcurrency(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text)
  throw new Error(`${quoted(text)} must be a whole number from 1 to 999999`)
}

function readOrNull(text: string | undefined, read: (text: string) => number): number | null {
  if (text === undefined) return null
  try {
    return read(text)
  } catch {
    return null
  }
}
