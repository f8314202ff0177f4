import {
  type FunctionName,
  functionName,
  nameOf,
  namespaceOf,
} from '../../../core/functions/function-name.ts'
import { type ProbePlan, readProbePlan, writeProbePlan } from './probe.ts'
import { USUAL_PORT } from './call-port.ts'

/** Everything that the daemon must know of a container after a restart, when only its labels are left. */
export interface ContainerIdentity {
  readonly fn: FunctionName
  readonly revision: number
  /**
   * When the function was first deployed. A container of an earlier life of the same name must never serve
   * the present one.
   */
  readonly deployedAtMs: number
  /** Seconds between SIGTERM and SIGKILL. */
  readonly graceSeconds: number
  /** Where it takes calls. */
  readonly port: number
  readonly probes: ProbePlan
  /** Its process 1 is our watchdog, and its handler may be changed in place (`sampan dev`). Absent: no. */
  readonly takesChanges?: boolean
}

const INSTANCE = 'com.sampan.instance'
const REGISTRY = 'com.sampan.registry'
const DATA_DIR = 'com.sampan.data-dir'
const FUNCTION = 'com.sampan.function'
const NAMESPACE = 'com.sampan.namespace'
const REVISION = 'com.sampan.revision'
const DEPLOYED = 'com.sampan.deployed'
const GRACE = 'com.sampan.grace-seconds'
const PORT = 'com.sampan.port'
const PROBES = 'com.sampan.probes'
const TAKES_CHANGES = 'com.sampan.takes-changes'

export type Labels = Readonly<Record<string, string>>

/** The registry that an object on the engine was created for. */
export interface Maker {
  /** Empty: created by a release that wrote none. */
  readonly registryId: string
  /** The registry's data folder at that time, for people; empty when unknown. */
  readonly dataDir: string
}

/**
 * The filter for everything with this instance's name. `ownership.ts` decides which registry it belongs to.
 */
export function instanceLabel(instance: string): string {
  return `${INSTANCE}=${instance}`
}

export function makerLabels({ registryId, dataDir }: Maker): Labels {
  return { [REGISTRY]: registryId, [DATA_DIR]: dataDir }
}

export function readMaker(labels: Labels): Maker {
  return { registryId: labels[REGISTRY] ?? '', dataDir: labels[DATA_DIR] ?? '' }
}

export function containerLabels(instance: string, identity: ContainerIdentity): Labels {
  return {
    [INSTANCE]: instance,
    [FUNCTION]: nameOf(identity.fn),
    [NAMESPACE]: namespaceOf(identity.fn),
    [REVISION]: String(identity.revision),
    [DEPLOYED]: String(identity.deployedAtMs),
    [GRACE]: String(identity.graceSeconds),
    [PORT]: String(identity.port),
    [PROBES]: writeProbePlan(identity.probes),
    ...(identity.takesChanges === true && { [TAKES_CHANGES]: 'true' }),
  }
}

/** Null for a container that carries our label but was not created by this code: it is left alone. */
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
    port: readNumber(labels[PORT]) ?? USUAL_PORT,
    probes: readProbePlan(labels[PROBES]),
    ...(labels[TAKES_CHANGES] === 'true' && { takesChanges: true }),
  }
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
    // No function of ours can have this label: it is somebody else's container.
    return null
  }
}

/** The labels hold whole and fractional numbers: the clock has fractions of a millisecond. */
function readNumber(text: string | undefined): number | null {
  return text !== undefined && /^\d+(\.\d+)?$/.test(text) ? Number(text) : null
}
