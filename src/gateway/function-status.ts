import { nameOf, namespaceOf } from '../core/function-name.ts'
import type { DeployedFunction, FunctionSpec, StringMap } from '../core/function-spec.ts'
import type { Usage } from '../core/provider.ts'
import { isAvailable, type Replica } from '../core/replica.ts'
import type { FunctionStatus } from './answer-schemas.ts'

/** What a status adds to what was deployed. */
export interface Observed {
  readonly replicas: readonly Replica[]
  readonly invocations: number
  /** Absent unless asked for and had. */
  readonly usage?: Usage
  /** Adds the label `faas_function`, which the certifier wants and `faas-cli diff` does not. */
  readonly functionLabel: boolean
}

/**
 * FunctionStatus as http-api 4.3 has it, column Ours: what was deployed comes back byte for byte, labels and annotations
 * always, other fields only when they were given; nothing of the image or of what we inject.
 */
export function functionStatus(fn: DeployedFunction, observed: Observed): FunctionStatus {
  const { spec } = fn
  return {
    name: nameOf(spec.name),
    namespace: namespaceOf(spec.name),
    image: spec.image,
    ...givenFields(spec),
    labels: labelsOf(spec, observed.functionLabel),
    annotations: spec.annotations,
    ...(observed.invocations > 0 ? { invocationCount: observed.invocations } : {}),
    replicas: fn.replicas,
    availableReplicas: availableReplicas(observed.replicas),
    ...reasonField(observed.replicas),
    createdAt: new Date(fn.createdAtMs).toISOString(),
    ...(observed.usage ? { usage: usageFields(observed.usage) } : {}),
  }
}

export function availableReplicas(replicas: readonly Replica[]): number {
  return replicas.filter(isAvailable).length
}

/** What the newest replica that cannot be called lacks. Official clients pass over the field. */
function reasonField(replicas: readonly Replica[]): Partial<FunctionStatus> {
  const reason = replicas.findLast((replica) => replica.reason !== undefined)?.reason
  return reason === undefined ? {} : { reason }
}

function givenFields(spec: FunctionSpec): Partial<FunctionStatus> {
  return {
    ...(spec.envProcess === '' ? {} : { envProcess: spec.envProcess }),
    ...(Object.keys(spec.envVars).length === 0 ? {} : { envVars: spec.envVars }),
    ...(spec.constraints.length === 0 ? {} : { constraints: spec.constraints }),
    ...(spec.secrets.length === 0 ? {} : { secrets: spec.secrets }),
    ...(spec.limits ? { limits: spec.limits } : {}),
    ...(spec.requests ? { requests: spec.requests } : {}),
    ...(spec.readOnlyRootFilesystem ? { readOnlyRootFilesystem: true } : {}),
  }
}

function labelsOf(spec: FunctionSpec, functionLabel: boolean): StringMap {
  return functionLabel ? { ...spec.labels, faas_function: nameOf(spec.name) } : spec.labels
}

/** `cpu` is in thousandths of a core: the CLI prints it so. */
function usageFields(usage: Usage): NonNullable<FunctionStatus['usage']> {
  return { cpu: usage.cpuMillicores, totalMemoryBytes: usage.memoryBytes }
}
