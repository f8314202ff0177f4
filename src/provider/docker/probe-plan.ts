import { FaasError } from '../../core/errors.ts'
import type { FunctionSpec, StringMap } from '../../core/function-spec.ts'
import { DEFAULT_PATIENCE_MS, type Probe, type ProbeTiming } from './docker-labels.ts'
import { envDurationMs } from './env-duration.ts'

const READY_PATH = 'com.openfaas.ready.http.path'
const HEALTH_PATH = 'com.openfaas.health.http.path'

const READY = 'com.openfaas.ready.http.'
const HEALTH = 'com.openfaas.health.http.'

/**
 * What a replica of this function is asked to learn whether it can take calls: by the annotations of http-api 12.2, those about readiness
 * first. Pure. Throws `invalid`, naming the annotation.
 */
export function planProbe(spec: FunctionSpec): Probe {
  // The watchdog's own limit for the start of its process (watchdog.md 3.3).
  const patienceMs = envDurationMs(spec.envVars['startup_timeout']) ?? DEFAULT_PATIENCE_MS
  const timing = timingOf(spec.annotations)
  const annotated = spec.annotations[READY_PATH] || spec.annotations[HEALTH_PATH]
  if (annotated) return { path: asPath(annotated), accept: 'status', patienceMs, timing }
  // Only watchdogs of of-watchdog's kind know this setting, and they answer for it there (watchdog.md 5.3).
  if (spec.envVars['ready_path']) return { path: '/_/ready', accept: 'status', patienceMs, timing }
  // With suppress_lock both upstream watchdogs answer 503 for ever (watchdog.md 5.2).
  const isMute = spec.envVars['suppress_lock'] === 'true' || spec.envVars['suppress_lock'] === '1'
  return { path: '/_/health', accept: isMute ? 'any' : 'speaks', patienceMs, timing }
}

/** Null without an annotation about time: a path alone changes nothing else. Where one is given, the others are as in Kubernetes. */
function timingOf(annotations: StringMap): ProbeTiming | null {
  const isGiven = Object.keys(annotations).some(
    (key) => (key.startsWith(READY) || key.startsWith(HEALTH)) && key !== READY_PATH && key !== HEALTH_PATH,
  )
  if (!isGiven) return null
  const number = (field: string, least: number): number | undefined =>
    wholeNumber(annotations, READY + field, least) ?? wholeNumber(annotations, HEALTH + field, least)
  return {
    delayMs: (number('initialDelaySeconds', 0) ?? 0) * 1_000,
    periodMs: (number('periodSeconds', 1) ?? 10) * 1_000,
    timeoutMs: (number('timeoutSeconds', 1) ?? 1) * 1_000,
    successes: number('successThreshold', 1) ?? 1,
    failures: number('failureThreshold', 1) ?? 3,
  }
}

/** Undefined when there is no such annotation. */
function wholeNumber(annotations: StringMap, key: string, least: number): number | undefined {
  const text = annotations[key]
  if (text === undefined || text === '') return undefined
  const value = Number(text)
  if (/^\d{1,5}$/.test(text) && value >= least) return value
  throw new FaasError(
    'invalid',
    `annotations.${key}: ${JSON.stringify(text.slice(0, 40))} must be a whole number from ${least} to 99999`,
  )
}

/** Whether an answer with this status means "ready". Pure. */
export function isReadyStatus(accept: Probe['accept'], status: number): boolean {
  switch (accept) {
    case 'any':
      return true
    case 'status':
      return status >= 200 && status < 400
    // A watchdog says 503 while its process starts. An image without one answers as it likes, usually 404.
    case 'speaks':
      return status !== 503
  }
}

/** Only what may stand in a request line. */
function asPath(text: string): string {
  const path = text.startsWith('/') ? text : `/${text}`
  return path.replace(/[^\x21-\x7e]/g, (character) => encodeURIComponent(character))
}
