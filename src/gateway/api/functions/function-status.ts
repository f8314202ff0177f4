import { type FunctionCondition, isWorthTelling } from '../../../core/functions/function-condition.ts'
import { nameOf, namespaceOf } from '../../../core/functions/function-name.ts'
import type { DeployedFunction, FunctionSpec, StringMap } from '../../../core/functions/function-spec.ts'
import type { Usage } from '../../../core/provider/provider.ts'
import type { Replica } from '../../../core/provider/replica.ts'
import { isAtZero, shownReplicas, type ShownReplicas } from '../../../core/scaling/shown-replicas.ts'
import type { FunctionStatus } from '../../../wire/answer-schemas.ts'
import {
  LAST_WORDS_ANNOTATION,
  REASON_ANNOTATION,
  STATE_ANNOTATION,
} from '../../../wire/status-annotations.ts'

/** What a status adds to what was deployed. */
export interface Observed {
  readonly replicas: readonly Replica[]
  readonly invocations: number
  /** Null while it is unknown. */
  readonly condition: FunctionCondition | null
  /** Adds what is wrong to the annotations as well, which clients of OpenFaaS print. */
  readonly isDescribed: boolean
  /** Absent unless it was asked for and is available. */
  readonly usage?: Usage
  /** Adds the label `faas_function`, which the certifier wants and `faas-cli diff` does not. */
  readonly functionLabel: boolean
}

/**
 * FunctionStatus as in http-api 4.3, column Ours. What was deployed comes back byte for byte: labels and
 * annotations always, other fields only when they were given, nothing of the image or of what we inject. We
 * add `status`, and annotations when something is wrong.
 */
export function functionStatus(fn: DeployedFunction, observed: Observed): FunctionStatus {
  const { spec } = fn
  const shown = shownReplicas(fn, observed.replicas)
  const condition = conditionShown(fn, shown, observed.condition)
  return {
    name: nameOf(spec.name),
    namespace: namespaceOf(spec.name),
    image: spec.image,
    ...givenFields(spec),
    labels: labelsOf(spec, observed.functionLabel),
    annotations: observed.isDescribed ? described(spec, condition) : spec.annotations,
    ...(observed.invocations > 0 ? { invocationCount: observed.invocations } : {}),
    replicas: shown.desired,
    availableReplicas: shown.available,
    createdAt: new Date(fn.createdAtMs).toISOString(),
    ...(observed.usage ? { usage: usageFields(observed.usage) } : {}),
    ...(condition === null ? {} : { status: condition }),
  }
}

/** One that idleness has scaled to zero sleeps, though its frozen replicas would answer. */
function conditionShown(
  fn: DeployedFunction,
  { desired }: ShownReplicas,
  condition: FunctionCondition | null,
): FunctionCondition | null {
  if (condition?.state !== 'ready' || desired > 0 || !isAtZero(fn)) return condition
  return { ...condition, state: 'sleeping', reason: '', lastWords: [] }
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

/**
 * `faas-cli describe` prints annotations but no field of ours. They are added only when something is wrong or
 * slow, because what was deployed should come back unchanged.
 */
function described({ annotations }: FunctionSpec, condition: FunctionCondition | null): StringMap {
  if (condition === null || !isWorthTelling(condition)) return annotations
  const { state, reason, lastWords } = condition
  return {
    ...annotations,
    [STATE_ANNOTATION]: state,
    [REASON_ANNOTATION]: reason,
    ...(lastWords.length > 0 && { [LAST_WORDS_ANNOTATION]: lastWords.join(' | ') }),
  }
}

function labelsOf(spec: FunctionSpec, functionLabel: boolean): StringMap {
  return functionLabel ? { ...spec.labels, faas_function: nameOf(spec.name) } : spec.labels
}

/** `cpu` is in thousandths of a core: the CLI prints it so. */
function usageFields(usage: Usage): NonNullable<FunctionStatus['usage']> {
  return { cpu: usage.cpuMillicores, totalMemoryBytes: usage.memoryBytes }
}
