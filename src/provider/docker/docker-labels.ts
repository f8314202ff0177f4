import { type FunctionName, functionName, nameOf, namespaceOf } from '../../core/function-name.ts'

/** Everything that the daemon must know of a container after a restart, when only its labels are left. */
export interface ContainerIdentity {
  readonly fn: FunctionName
  readonly revision: number
  /** When the function was first deployed. A container of an earlier life of the same name must never serve the present one. */
  readonly deployedAtMs: number
  /** Seconds between SIGTERM and SIGKILL. */
  readonly graceSeconds: number
  readonly probe: Probe
}

/** How a replica tells that it can take calls. */
export interface Probe {
  readonly path: string
  /** `status`: the path decides by its status. `speaks`: any answer but a watchdog's "not yet" will do. `any`: any answer at all. */
  readonly accept: ProbeAccept
  /** How long it may stay unready while it runs. */
  readonly patienceMs: number
  /** As annotated; null: as often as helps a start, and never again once it is ready. */
  readonly timing: ProbeTiming | null
}

/** Milliseconds, and answers in a row. */
export interface ProbeTiming {
  readonly delayMs: number
  readonly periodMs: number
  readonly timeoutMs: number
  /** Good answers that make a replica ready. */
  readonly successes: number
  /** Bad answers that take a ready one out of service. */
  readonly failures: number
}

const PROBE_ACCEPTS = ['status', 'speaks', 'any'] as const
export type ProbeAccept = (typeof PROBE_ACCEPTS)[number]

const INSTANCE = 'com.sampan.instance'
const FUNCTION = 'com.sampan.function'
const NAMESPACE = 'com.sampan.namespace'
const REVISION = 'com.sampan.revision'
const DEPLOYED = 'com.sampan.deployed'
const GRACE = 'com.sampan.grace-seconds'
const PROBE_PATH = 'com.sampan.probe-path'
const PROBE_ACCEPT = 'com.sampan.probe-accept'
const PROBE_PATIENCE = 'com.sampan.probe-patience-ms'
const PROBE_TIMING = 'com.sampan.probe-timing'

export const DEFAULT_PATIENCE_MS = 60_000

type Labels = Readonly<Record<string, string>>

/** The filter that finds what belongs to this daemon, and nothing else. */
export function ownLabel(instance: string): string {
  return `${INSTANCE}=${instance}`
}

export function containerLabels(instance: string, identity: ContainerIdentity): Labels {
  return {
    [INSTANCE]: instance,
    [FUNCTION]: nameOf(identity.fn),
    [NAMESPACE]: namespaceOf(identity.fn),
    [REVISION]: String(identity.revision),
    [DEPLOYED]: String(identity.deployedAtMs),
    [GRACE]: String(identity.graceSeconds),
    [PROBE_PATH]: identity.probe.path,
    [PROBE_ACCEPT]: identity.probe.accept,
    [PROBE_PATIENCE]: String(identity.probe.patienceMs),
    ...timingLabel(identity.probe.timing),
  }
}

/** Null for a container that carries our label but was not made by this code: it is left alone. */
export function readContainerLabels(labels: Labels): ContainerIdentity | null {
  const fn = readName(labels[FUNCTION], labels[NAMESPACE])
  const revision = readNumber(labels[REVISION])
  const deployedAtMs = readNumber(labels[DEPLOYED])
  if (fn === null || revision === null || deployedAtMs === null) return null
  return {
    fn,
    revision,
    deployedAtMs,
    graceSeconds: readNumber(labels[GRACE]) ?? 32,
    probe: {
      path: labels[PROBE_PATH] ?? '/_/health',
      accept: PROBE_ACCEPTS.find((accept) => accept === labels[PROBE_ACCEPT]) ?? 'speaks',
      patienceMs: readNumber(labels[PROBE_PATIENCE]) ?? DEFAULT_PATIENCE_MS,
      timing: readTiming(labels[PROBE_TIMING]),
    },
  }
}

function timingLabel(timing: ProbeTiming | null): Labels {
  if (timing === null) return {}
  const { delayMs, periodMs, timeoutMs, successes, failures } = timing
  return { [PROBE_TIMING]: [delayMs, periodMs, timeoutMs, successes, failures].join(' ') }
}

function readTiming(text: string | undefined): ProbeTiming | null {
  const numbers = (text ?? '').split(' ').map(readNumber)
  const [delayMs, periodMs, timeoutMs, successes, failures] = numbers
  if (delayMs == null || !periodMs || !timeoutMs || !successes || !failures) return null
  return { delayMs, periodMs, timeoutMs, successes, failures }
}

export function networkLabels(instance: string, namespace: string): Labels {
  return { [INSTANCE]: instance, [NAMESPACE]: namespace }
}

/** The namespace that a network of ours serves, or null. */
export function readNetworkNamespace(labels: Labels): string | null {
  const namespace = labels[NAMESPACE]
  return namespace === undefined || namespace === '' ? null : namespace
}

function readName(name: string | undefined, namespace: string | undefined): FunctionName | null {
  if (name === undefined || namespace === undefined) return null
  try {
    return functionName(name, namespace)
  } catch {
    // A label that no function of ours can have: somebody else's container.
    return null
  }
}

/** The labels hold whole and fractional numbers: the clock has fractions of a millisecond. */
function readNumber(text: string | undefined): number | null {
  return text !== undefined && /^\d+(\.\d+)?$/.test(text) ? Number(text) : null
}
