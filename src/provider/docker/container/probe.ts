const PROBE_ACCEPTS = ['status', 'speaks', 'any'] as const

/**
 * Which answers are good. `status`: those below 400. `speaks`: any but a watchdog's "not yet". `any`: any at
 * all, as long as it is HTTP.
 */
export type ProbeAccept = (typeof PROBE_ACCEPTS)[number]

/**
 * One kind of probe: what is asked, when, and what the answers mean. Times are in milliseconds, answers are
 * counted in a row.
 */
export interface Probe {
  readonly path: string
  readonly accept: ProbeAccept
  /** From the start of the container to the first question. */
  readonly delayMs: number
  /** Between two questions to a replica in service. */
  readonly periodMs: number
  /** Longest wait for one answer; a late answer is a bad one. */
  readonly timeoutMs: number
  /** Good answers that take it into service. */
  readonly successes: number
  /** Bad answers that take it out. */
  readonly failures: number
}

/** All probes of the replicas of one revision. */
export interface ProbePlan {
  /** How long a replica may stay unready before it is replaced. */
  readonly patienceMs: number
  /** Whether it can take calls. */
  readonly readiness: Probe
  /** Whether a ready replica is probed again and leaves the service while it fails. */
  readonly isReadinessRepeated: boolean
  /**
   * Port of the process behind the watchdog. The process must be seen listening there in addition to a good
   * answer, because the watchdog answers before its process can. Null when the answer alone is proof.
   */
  readonly processPort: number | null
  /** Whether it is healthy: an unhealthy one is replaced. Null: no such probe. */
  readonly liveness: Probe | null
}

/** The watchdog's own limit for the start of its process (watchdog.md 3.3). */
export const DEFAULT_PATIENCE_MS = 60_000
/** Stands for "no limit": a year, because the label needs a number. */
export const ENDLESS_PATIENCE_MS = 365 * 24 * 3_600_000

/** The plan for a container without a readable one. */
export const PLAIN_PLAN: ProbePlan = {
  patienceMs: DEFAULT_PATIENCE_MS,
  readiness: {
    path: '/_/health',
    accept: 'speaks',
    delayMs: 0,
    periodMs: 10_000,
    timeoutMs: 2_000,
    successes: 1,
    failures: 3,
  },
  isReadinessRepeated: false,
  processPort: null,
  liveness: null,
}

/** The plan as one text, for a label. */
export function writeProbePlan(value: ProbePlan): string {
  return JSON.stringify(value)
}

/** The plain plan for a text that this version did not write. */
export function readProbePlan(text: string | undefined): ProbePlan {
  try {
    const read: unknown = JSON.parse(text ?? '')
    return isPlan(read) ? read : PLAIN_PLAN
  } catch {
    return PLAIN_PLAN
  }
}

function isPlan(value: unknown): value is ProbePlan {
  const { patienceMs, isReadinessRepeated } = PLAIN_PLAN
  if (!hasShapeOf({ patienceMs, isReadinessRepeated }, value) || !isProbe(Reflect.get(value, 'readiness')))
    return false
  const live: unknown = Reflect.get(value, 'liveness')
  const port: unknown = Reflect.get(value, 'processPort')
  return (live === null || isProbe(live)) && (port === null || typeof port === 'number')
}

function isProbe(value: unknown): value is Probe {
  return hasShapeOf(PLAIN_PLAN.readiness, value) && PROBE_ACCEPTS.some((accept) => accept === value.accept)
}

/** Whether `value` has every field of `model`, each of the same type. For flat objects. */
function hasShapeOf<T extends object>(model: T, value: unknown): value is T {
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(model).every(([key, field]) => typeof Reflect.get(value, key) === typeof field)
}

/** Whether an answer with this status is a good one. Pure. */
export function isGoodStatus(accept: ProbeAccept, status: number): boolean {
  switch (accept) {
    case 'any':
      return true
    case 'status':
      return status >= 200 && status < 400
    // A watchdog says 503 while its process starts.
    case 'speaks':
      return status !== 503
  }
}
