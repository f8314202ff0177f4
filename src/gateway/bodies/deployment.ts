import { checkAsyncAnnotations } from '../../core/calls/async-annotations.ts'
import { checkCallAnnotations } from '../../core/calls/call-policy.ts'
import { FaasError } from '../../core/errors.ts'
import { checkDevAnnotation } from '../../core/functions/dev-mode.ts'
import { DEFAULT_NAMESPACE, functionName } from '../../core/functions/function-name.ts'
import type { FunctionResources, FunctionSpec, StringMap } from '../../core/functions/function-spec.ts'
import { parseImageReference } from '../../core/functions/image-reference.ts'
import { checkEnvironment, checkList, checkMap, checkVariable } from '../../core/functions/map-limits.ts'
import { checkMemory, GPUS, parseGpus, parseNanoCpus } from '../../core/functions/resources.ts'
import { checkScalingLabels } from '../../core/scaling/scaling-labels.ts'
import { checkSecretName } from '../../core/functions/secret-name.ts'
import { STATUS_ANNOTATIONS } from '../../wire/status-annotations.ts'
import type { FunctionDeployment, ResourceTexts } from '../../wire/request-schemas.ts'

/**
 * The spec that a deployment body asks for; `queryNamespace` counts when the body names none. Throws
 * `invalid`, naming the field. Whether secret, namespace and image exist is checked later, by the deploy
 * itself.
 */
export function specOf(body: FunctionDeployment, queryNamespace: string): FunctionSpec {
  const name = functionName(body.service, body.namespace || queryNamespace || DEFAULT_NAMESPACE)
  if (body.image === '') throw new FaasError('invalid', 'image: is missing')
  parseImageReference(body.image)
  // It becomes a variable.
  checkVariable('envProcess', 'fprocess', body.envProcess)
  checkEnvironment('envVars', body.envVars)
  checkMap('labels', body.labels)
  checkScalingLabels(body.labels)
  checkMap('annotations', body.annotations)
  checkCallAnnotations(body.annotations)
  checkAsyncAnnotations(body.annotations)
  checkDevAnnotation(body.annotations)
  checkList('constraints', body.constraints)
  checkList('secrets', body.secrets)
  for (const [index, secret] of body.secrets.entries()) checkSecretName(`secrets.${index}`, secret)

  return {
    name,
    image: body.image,
    envProcess: body.envProcess,
    envVars: body.envVars,
    constraints: body.constraints,
    secrets: body.secrets,
    labels: body.labels,
    annotations: withoutStatus(body.annotations),
    readOnlyRootFilesystem: body.readOnlyRootFilesystem,
    ...(body.limits ? { limits: resourcesOf('limits', body.limits) } : {}),
    ...(body.requests ? { requests: resourcesOf('requests', body.requests) } : {}),
  }
}

/** A client that sends back what it has read may include annotations that we had added. */
function withoutStatus(annotations: StringMap): StringMap {
  const keys = Object.keys(annotations)
  if (!keys.some((key) => STATUS_ANNOTATIONS.has(key))) return annotations
  return Object.fromEntries(Object.entries(annotations).filter(([key]) => !STATUS_ANNOTATIONS.has(key)))
}

/** The same strings, checked; empty ones left out. */
function resourcesOf(field: string, texts: ResourceTexts): FunctionResources {
  checkMemory(`${field}.memory`, texts.memory)
  parseNanoCpus(`${field}.cpu`, texts.cpu)
  for (const gpu of GPUS) parseGpus(`${field}.${gpu}`, texts[gpu])
  return Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== ''))
}
