import type { FunctionSpec, StringMap } from '../../../core/functions/function-spec.ts'
import { callPort } from './call-port.ts'
import { envDurationMs } from './env-duration.ts'
import { mergedEnvironment } from './merged-environment.ts'
import { DEFAULT_PATIENCE_MS, ENDLESS_PATIENCE_MS, PLAIN_PLAN, type Probe, type ProbePlan } from './probe.ts'
import { type ProbeAnnotations, probeAnnotations } from './probe-annotations.ts'
import { type ImageCommand, planWatchdog } from './watchdog-injection.ts'

/** The properties of the container that decide how it is probed. */
interface Container {
  readonly env: ReadonlyMap<string, string>
  /** A watchdog, ours or another one, answers the calls. Without one the function itself answers. */
  readonly hasWatchdog: boolean
}

/**
 * How a replica of this function is probed, and what proves that it can take calls. This is the only place
 * that decides it: for deploy, update, scaling, wake and, by the label, adoption. docs/watchdog.md has the
 * table.
 *
 * Without annotations it is probed only from its start until it is ready. Annotations about `ready` repeat
 * the readiness probe for its whole life; those about `health` add a liveness probe (http-api 12.2 and 12.3).
 * If only a health path is given, a good answer there also proves readiness at the start. Pure. Throws
 * `invalid`, naming the annotation.
 */
export function planProbes(spec: FunctionSpec, image: ImageCommand): ProbePlan {
  const container = containerOf(spec, image)
  const { ready, health } = annotationsOf(spec.annotations)
  const liveness = health === null ? null : annotated(usualHealth(container), health)
  const readiness =
    ready === null ? startOf(container, health, liveness) : annotated(usualReadiness(container), ready)
  const patienceMs = patienceOf(container)
  return {
    patienceMs,
    readiness: { ...readiness, timeoutMs: Math.min(readiness.timeoutMs, patienceMs) },
    isReadinessRepeated: ready !== null,
    processPort: isAnsweredByWatchdog(readiness.path, container) ? processPort(container) : null,
    liveness,
  }
}

/** Where a replica of this function takes calls. Pure. */
export function portOf(spec: FunctionSpec, image: ImageCommand): number {
  const { env, hasWatchdog } = containerOf(spec, image)
  return callPort(env, hasWatchdog)
}

/** Throws `invalid`, naming the annotation: for a deployment whose image is not known yet. Pure. */
export function checkProbeAnnotations(annotations: StringMap): void {
  annotationsOf(annotations)
}

function annotationsOf(annotations: StringMap) {
  return {
    ready: probeAnnotations('ready', annotations),
    health: probeAnnotations('health', annotations),
  }
}

function containerOf(spec: FunctionSpec, image: ImageCommand): Container {
  const env = mergedEnvironment(image, spec)
  const plan = planWatchdog(image, spec)
  // A script may start the watchdog; only watchdogs read `fprocess`.
  return { env, hasWatchdog: plan.kind !== 'untouched' || plan.watchdog || isSet(env, 'fprocess') }
}

/** 0 is no limit, as for the watchdog. */
function patienceOf({ env }: Container): number {
  const ms = envDurationMs(env.get('startup_timeout')) ?? DEFAULT_PATIENCE_MS
  return ms === 0 ? ENDLESS_PATIENCE_MS : Math.min(ms, ENDLESS_PATIENCE_MS)
}

/** A delay in the health annotations applies to a started replica and does not delay the start. */
function startOf(container: Container, health: ProbeAnnotations | null, liveness: Probe | null): Probe {
  if (liveness === null || health === null || health.path === null) return usualReadiness(container)
  return { ...liveness, delayMs: 0 }
}

function annotated(usual: Probe, { path, ...times }: ProbeAnnotations): Probe {
  return path === null ? { ...usual, ...times } : { ...times, path, accept: 'status' }
}

function usualReadiness(container: Container): Probe {
  // Only watchdogs of of-watchdog's kind know this setting, and they answer at this path (watchdog.md 5.3).
  if (asksReadyPath(container)) return { ...PLAIN_PLAN.readiness, path: '/_/ready', accept: 'status' }
  return usualHealth(container)
}

function usualHealth({ env, hasWatchdog }: Container): Probe {
  // With suppress_lock both upstream watchdogs always answer 503 (watchdog.md 5.2). An image without a
  // watchdog may answer anything to a path that it does not know.
  const isMute = env.get('suppress_lock') === 'true' || env.get('suppress_lock') === '1'
  return isMute || !hasWatchdog ? { ...PLAIN_PLAN.readiness, accept: 'any' } : PLAIN_PLAN.readiness
}

function asksReadyPath({ env, hasWatchdog }: Container): boolean {
  return hasWatchdog && isSet(env, 'ready_path')
}

/** The watchdog answers these two itself; to every other path, and for `ready_path`, its process does. */
function isAnsweredByWatchdog(path: string, container: Container): boolean {
  if (!container.hasWatchdog) return false
  return path === '/_/health' || (path === '/_/ready' && !asksReadyPath(container))
}

/**
 * Null for watchdogs that start a process per call, and when the process is not in this container or has no
 * port.
 */
function processPort({ env }: Container): number | null {
  const text = env.get('http_upstream_url') || env.get('upstream_url') || ''
  if (env.get('mode')?.toLowerCase() !== 'http' || !URL.canParse(text)) return null
  const { protocol, hostname, port } = new URL(text)
  const isHere = hostname === 'localhost' || hostname === '[::1]' || /^(?:127\.|0\.0\.0\.0$)/.test(hostname)
  return protocol === 'http:' && isHere ? Number(port || 80) : null
}

function isSet(env: ReadonlyMap<string, string>, name: string): boolean {
  return (env.get(name) ?? '') !== ''
}
