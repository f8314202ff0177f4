import type { FunctionSpec } from '../../core/function-spec.ts'
import { envDurationMs } from './env-duration.ts'
import { DEFAULT_PATIENCE_MS, ENDLESS_PATIENCE_MS, PLAIN_PLAN, type Probe, type ProbePlan } from './probe.ts'
import { type ProbeAnnotations, probeAnnotations } from './probe-annotations.ts'

/**
 * What a replica of this function is asked (http-api 12.2 and 12.3). Without annotations: at its start, until it is ready, and no more. Those
 * about `ready` make readiness a question for its whole life, those about `health` add liveness. Where only a health path is known, a start is
 * over when it answers well. Pure. Throws `invalid`, naming the annotation.
 */
export function planProbes(spec: FunctionSpec): ProbePlan {
  const ready = probeAnnotations('ready', spec.annotations)
  const health = probeAnnotations('health', spec.annotations)
  const liveness = health === null ? null : annotated(usualHealth(spec), health)
  const readiness = ready === null ? startOf(spec, health, liveness) : annotated(usualReadiness(spec), ready)
  const patienceMs = patienceOf(spec)
  return {
    patienceMs,
    readiness: { ...readiness, timeoutMs: Math.min(readiness.timeoutMs, patienceMs) },
    isReadinessRepeated: ready !== null,
    liveness,
  }
}

/** 0 is no limit, as the watchdog has it. */
function patienceOf({ envVars }: FunctionSpec): number {
  const ms = envDurationMs(envVars['startup_timeout']) ?? DEFAULT_PATIENCE_MS
  return ms === 0 ? ENDLESS_PATIENCE_MS : Math.min(ms, ENDLESS_PATIENCE_MS)
}

/** A delay of the health annotations is about the health of a replica that has started: it holds up no start. */
function startOf(spec: FunctionSpec, health: ProbeAnnotations | null, liveness: Probe | null): Probe {
  if (liveness === null || health === null || health.path === null) return usualReadiness(spec)
  return { ...liveness, delayMs: 0 }
}

function annotated(usual: Probe, { path, ...times }: ProbeAnnotations): Probe {
  return path === null ? { ...usual, ...times } : { ...times, path, accept: 'status' }
}

function usualReadiness(spec: FunctionSpec): Probe {
  // Only watchdogs of of-watchdog's kind know this setting, and they answer for it there (watchdog.md 5.3).
  if (spec.envVars['ready_path']) return { ...PLAIN_PLAN.readiness, path: '/_/ready', accept: 'status' }
  return usualHealth(spec)
}

function usualHealth(spec: FunctionSpec): Probe {
  // With suppress_lock both upstream watchdogs answer 503 for ever (watchdog.md 5.2).
  const isMute = spec.envVars['suppress_lock'] === 'true' || spec.envVars['suppress_lock'] === '1'
  return isMute ? { ...PLAIN_PLAN.readiness, accept: 'any' } : PLAIN_PLAN.readiness
}
