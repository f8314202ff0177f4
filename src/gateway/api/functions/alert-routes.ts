import { hasCode, messageOf } from '../../../core/errors.ts'
import { parseFunctionName, type FunctionName } from '../../../core/functions/function-name.ts'
import type { Log } from '../../../log.ts'
import { replicasAfterAlert, switchesScalingOff } from './alert-scaling.ts'
import { textResponse } from '../../shared/error-response.ts'
import type { FunctionControl } from './function-routes.ts'
import { readJson } from '../../bodies/json-body.ts'
import { empty } from '../responses.ts'
import type { Route } from '../route.ts'
import type { ApiContext } from '../../shared/api-context.ts'
import { alertWebhook, type AlertWebhook } from '../../../wire/request-schemas.ts'

/** What alerts do here. */
export interface AlertScaling {
  /** `builtin`: they ask for a least count. `alert`: they scale, as in OpenFaaS. `off`: they are logged. */
  readonly mode: 'builtin' | 'alert' | 'off'
  /** The function needs at least so many replicas until the alert ends, or is not repeated in time. */
  alertFires(fn: FunctionName, replicas: number): void
  alertEnds(fn: FunctionName): void
}

export interface AlertRoutePorts {
  readonly scaling: AlertScaling
  readonly functions: Pick<FunctionControl, 'get' | 'scale'>
  readonly log: Log
}

/** Most functions of one webhook that the audit line names. */
const MOST_SUBJECTS = 10

type Alert = AlertWebhook['alerts'][number]

/** `POST /system/alert`: the webhook of an external AlertManager (http-api 10). */
export function alertRoutes(ports: AlertRoutePorts): readonly Route[] {
  return [
    {
      method: 'POST',
      path: '/system/alert',
      access: 'admin',
      summary: 'Scale functions by the alerts of an AlertManager',
      body: alertWebhook,
      answers: {
        200: 'Handled',
        400: 'Something in the body is wrong',
        500: 'A function could not be scaled',
      },
      handle: (c) => handle(c, ports),
    },
  ]
}

async function handle(c: ApiContext, ports: AlertRoutePorts): Promise<Response> {
  const { value } = await readJson(c, alertWebhook)
  // The functions that the alerts name, for the audit line.
  const subjects = value.alerts.flatMap(({ labels }) => parseFunctionName(labels?.function_name ?? '') ?? [])
  if (subjects.length > 0) c.set('subject', [...new Set(subjects)].slice(0, MOST_SUBJECTS).join(' '))
  const failures: string[] = []
  for (const alert of value.alerts) {
    const failure = await applyAlert(alert, ports)
    if (failure !== null) failures.push(failure)
  }
  return failures.length === 0 ? empty(200) : textResponse(500, failures.join('\n'))
}

/** Null when it was applied or there was nothing to do, otherwise a line for the answer. */
async function applyAlert(alert: Alert, ports: AlertRoutePorts): Promise<string | null> {
  const { functions, scaling, log } = ports
  const fn = parseFunctionName(alert.labels?.function_name ?? '')
  const known = fn === null ? undefined : functions.get(fn)
  if (fn === null || known === undefined) return null

  const wanted = replicasAfterAlert(known.spec.labels, known.replicas, alert.status)
  if (scaling.mode === 'off') {
    log.info('alert not applied, scaling is off', { fn, status: alert.status })
    return null
  }
  if (scaling.mode === 'builtin') {
    if (alert.status !== 'firing') scaling.alertEnds(fn)
    // One that changes nothing is repeated: it goes on.
    else if (!switchesScalingOff(known.spec.labels)) scaling.alertFires(fn, wanted)
    return null
  }
  if (wanted === known.replicas) return null
  try {
    await functions.scale(fn, wanted)
    return null
  } catch (error) {
    // The function was removed between the check and the change: treated as unknown.
    if (hasCode(error, 'not-found')) return null
    log.error('alert could not be applied', { fn, wanted, err: messageOf(error) })
    return `${fn}: cannot be scaled to ${wanted}`
  }
}
