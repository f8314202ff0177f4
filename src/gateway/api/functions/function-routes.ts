import type { Clock } from '../../../clock.ts'
import { asyncRemarks } from '../../../core/calls/async-annotations.ts'
import { FaasError } from '../../../core/errors.ts'
import type { FunctionName } from '../../../core/functions/function-name.ts'
import type { DeployedFunction, FunctionSpec } from '../../../core/functions/function-spec.ts'
import { misplacedRemarks, scalingRemarks } from '../../../core/scaling/scaling-labels.ts'
import { boundsRemarks } from '../../../core/scaling/scaling-policy.ts'
import type { Provider, Usage } from '../../../core/provider/provider.ts'
import {
  functionStatusAnswer,
  functionStatusesAnswer,
  type FunctionStatus,
} from '../../../wire/answer-schemas.ts'
import { specOf } from '../../bodies/deployment.ts'
import { functionStatus, type Observed } from './function-status.ts'
import { withRemarks } from './remarks.ts'
import { readJson } from '../../bodies/json-body.ts'
import { jsonList } from '../../bodies/json-list.ts'
import { functionFor, namespaceFor, queryValue, saysYes } from '../request-values.ts'
import { accepted, empty, json } from '../responses.ts'
import { NAME, type Route } from '../route.ts'
import type { ApiContext } from '../../shared/api-context.ts'
import {
  deleteFunctionRequest,
  functionDeployment,
  scaleServiceRequest,
} from '../../../wire/request-schemas.ts'

/** Changes and reads of desired state. */
export interface FunctionControl {
  /** Throws `conflict` when the name is taken, `invalid` when namespace, secret or image do not exist. */
  deploy(spec: FunctionSpec, body: string): Promise<void>
  /** Throws `not-found`. */
  update(spec: FunctionSpec, body: string): Promise<void>
  /** Throws `not-found`. */
  remove(fn: FunctionName): Promise<void>
  /** Returns the number after clamping; throws `not-found`. */
  scale(fn: FunctionName, replicas: number): Promise<number>
  get(fn: FunctionName): DeployedFunction | undefined
  /** Throws `not-found`. */
  existing(fn: FunctionName): DeployedFunction
  /** Throws `invalid` when the namespace does not exist, `not-found`. */
  find(fn: FunctionName): DeployedFunction
  /** Throws `invalid` when the namespace does not exist. */
  list(namespace: string): readonly DeployedFunction[]
}

export interface FunctionRoutePorts {
  readonly functions: FunctionControl
  readonly provider: Provider
  /** Finished calls of a function since its first deploy. */
  readonly invocations: (fn: FunctionName) => number
  /** Adds the label `faas_function` to statuses (`SAMPAN_FAAS_FUNCTION_LABEL`). */
  readonly functionLabel: boolean
  readonly clock: Clock
}

/** Longest wait for usage figures, which are optional. */
const USAGE_BUDGET_MS = 2_000

/** `/system/functions` and its neighbours (http-api 6.1 to 6.6). */
export function functionRoutes(ports: FunctionRoutePorts): readonly Route[] {
  return [...deploymentRoutes(ports), ...namedRoutes(ports)]
}

function deploymentRoutes(ports: FunctionRoutePorts): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/system/functions',
      access: 'admin',
      summary: 'The functions of a namespace',
      query: ['namespace'],
      answers: { 200: 'FunctionStatus[]', 400: 'No such namespace' },
      result: functionStatusesAnswer,
      handle: (c) => list(c, ports),
    },
    {
      method: 'POST',
      path: '/system/functions',
      access: 'admin',
      summary: 'Deploy a new function',
      query: ['namespace'],
      body: functionDeployment,
      answers: { 202: 'Accepted', 400: 'Something in the body is wrong', 409: 'The name is taken' },
      handle: (c) => deploy(c, ports, (spec, body) => ports.functions.deploy(spec, body)),
    },
    {
      method: 'PUT',
      path: '/system/functions',
      access: 'admin',
      summary: 'Replace a function by a new complete deployment',
      query: ['namespace'],
      body: functionDeployment,
      answers: { 202: 'Accepted', 400: 'Something in the body is wrong', 404: 'No such function' },
      handle: (c) => deploy(c, ports, (spec, body) => ports.functions.update(spec, body)),
    },
    {
      method: 'DELETE',
      path: '/system/functions',
      access: 'admin',
      summary: 'Remove a function',
      query: ['namespace'],
      body: deleteFunctionRequest,
      answers: {
        202: 'Accepted; the name is free',
        400: 'Something in the body is wrong',
        404: 'No such function',
      },
      handle: (c) => remove(c, ports),
    },
  ]
}

function namedRoutes(ports: FunctionRoutePorts): readonly Route[] {
  return [
    {
      method: 'GET',
      path: `/system/function/:name${NAME}`,
      access: 'admin',
      summary: 'One function',
      query: ['namespace', 'usage'],
      answers: { 200: 'FunctionStatus', 400: 'No such namespace', 404: 'No such function' },
      result: functionStatusAnswer,
      handle: (c) => status(c, ports),
    },
    {
      method: 'POST',
      path: `/system/scale-function/:name${NAME}`,
      access: 'admin',
      summary: 'Set the desired replicas of a function; 0 is allowed',
      query: ['namespace'],
      body: scaleServiceRequest,
      answers: { 202: 'Accepted', 400: 'Something in the body is wrong', 404: 'No such function' },
      handle: (c) => scale(c, ports),
    },
  ]
}

function list(c: ApiContext, ports: FunctionRoutePorts): Response {
  const functions = ports.functions.list(namespaceFor(c))
  return jsonList(functions, (fn) => statusOf(fn, ports, { isDescribed: false }))
}

async function deploy(
  c: ApiContext,
  { provider }: FunctionRoutePorts,
  apply: (spec: FunctionSpec, body: string) => Promise<void>,
): Promise<Response> {
  const { value, text } = await readJson(c, functionDeployment)
  const spec = specOf(value, queryValue(c, 'namespace'))
  c.set('subject', spec.name)
  await apply(spec, storable(text))
  const remarks = [
    ...provider.remarks(spec),
    ...boundsRemarks(spec.labels, provider.capabilities.maxReplicas),
    ...scalingRemarks(spec.labels),
    ...misplacedRemarks(spec.annotations),
    ...passedOver(spec),
    ...asyncRemarks(spec.annotations),
  ]
  return withRemarks(c, accepted(), remarks)
}

/** Remarks on fields that are stored and returned but have no effect here. */
function passedOver({ constraints }: FunctionSpec): readonly string[] {
  return constraints.length === 0 ? [] : ['constraints: have no effect on this server, which has one host']
}

/**
 * The body as received, without registry credentials: older clients send them, nobody uses them (http-api
 * 4.1), and the body is stored on disk.
 */
function storable(text: string): string {
  if (!/registryauth/i.test(text)) return text
  const fields = Object.entries(JSON.parse(text) as object)
  return JSON.stringify(Object.fromEntries(fields.filter(([key]) => key.toLowerCase() !== 'registryauth')))
}

async function remove(c: ApiContext, ports: FunctionRoutePorts): Promise<Response> {
  const { value } = await readJson(c, deleteFunctionRequest)
  if (value.functionName === '') throw new FaasError('invalid', 'functionName: is missing')
  await ports.functions.remove(functionFor(c, value.functionName, value.namespace))
  return accepted()
}

async function status(c: ApiContext, ports: FunctionRoutePorts): Promise<Response> {
  const fn = functionFor(c, c.req.param('name') ?? '')
  const found = ports.functions.find(fn)
  const usage = saysYes(queryValue(c, 'usage')) ? await usageOf(c, fn, ports) : undefined
  return json(statusOf(found, ports, { isDescribed: true, ...(usage ? { usage } : {}) }))
}

async function scale(c: ApiContext, ports: FunctionRoutePorts): Promise<Response> {
  const { value } = await readJson(c, scaleServiceRequest)
  // The path names the function; `serviceName` is for servers that read only the body.
  const fn = functionFor(c, c.req.param('name') ?? '', value.namespace)
  const set = await ports.functions.scale(fn, value.replicas)
  if (set >= value.replicas) return accepted()
  const remark = `replicas: ${value.replicas} is more than the function may have, and becomes ${set}`
  return withRemarks(c, empty(202, { 'X-Scaled-To': String(set) }), [remark])
}

function statusOf(
  fn: DeployedFunction,
  ports: FunctionRoutePorts,
  wanted: Pick<Observed, 'isDescribed' | 'usage'>,
): FunctionStatus {
  const { name } = fn.spec
  return functionStatus(fn, {
    replicas: ports.provider.replicas(name),
    invocations: ports.invocations(name),
    functionLabel: ports.functionLabel,
    condition: ports.provider.condition(name),
    ...wanted,
  })
}

/** Undefined when the figures do not arrive in time: a status without them is better than none. */
async function usageOf(
  c: ApiContext,
  fn: FunctionName,
  ports: FunctionRoutePorts,
): Promise<Usage | undefined> {
  const signal = AbortSignal.any([c.req.raw.signal, ports.clock.timeout(USAGE_BUDGET_MS)])
  try {
    return (await ports.provider.usage(fn, signal)) ?? undefined
  } catch {
    return undefined
  }
}
