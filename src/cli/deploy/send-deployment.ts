import { CliError } from '../cli-error.ts'
import type { GatewayClient } from '../gateway/gateway-client.ts'
import { note, say, type Session } from '../session.ts'
import type { DeploymentBody } from './deployment-body.ts'

/** Which requests make a deployment (cli.md 3.6). */
export interface SendFlags {
  /** PUT first; POST only where there is nothing to update. */
  readonly update: boolean
  /** DELETE first. */
  readonly replace: boolean
  readonly timeout: number
}

const PATH = '/system/functions'

/** Throws `CliError` for the flags that contradict each other: `--update` is on unless it is switched off. */
export function refuseBoth({ update, replace }: Pick<SendFlags, 'update' | 'replace'>): void {
  if (update && replace)
    throw new CliError('cannot specify --update and --replace at the same time', {
      hint: 'Write: --replace --update=false',
    })
}

/** Has the gateway deploy a function, new or not, and says so. Throws `CliError` when it does not. */
export async function sendDeployment(
  session: Session,
  gateway: GatewayClient,
  { body, how }: { readonly body: DeploymentBody; readonly how: SendFlags },
): Promise<void> {
  const { service, namespace = '' } = body
  const send = async (method: string, value: object) => {
    const answer = await gateway.send({
      method,
      path: PATH,
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(value),
      timeoutMs: how.timeout,
    })
    return { ...answer, said: (await answer.text()).trim() }
  }
  if (how.replace) {
    const removed = await send('DELETE', { functionName: service, ...(namespace !== '' && { namespace }) })
    if (removed.status < 300) say(session, 'Removing old function.')
  }
  let answer = await send(how.update ? 'PUT' : 'POST', body)
  if (how.update && answer.status === 404) answer = await send('POST', body)
  const { status, said } = answer
  if (status === 401) throw gateway.refusal(status, said)
  if (status !== 200 && status !== 202) {
    note(session, `Unexpected status: ${status}, message: ${said}`)
    throw new CliError(`function '${service}' failed to deploy with status code: ${status}`)
  }
  if (status === 200) say(session, `Function ${service} already exists, attempting rolling-update.`)
  say(session, `\nDeployed. ${answer.statusLine}.`)
  say(session, `URL: ${urlOf(gateway, body)}\n`)
}

/** What `sendDeployment` would do. */
export function showDeployment(
  session: Session,
  gateway: GatewayClient,
  { body, how }: { readonly body: DeploymentBody; readonly how: SendFlags },
): void {
  const url = `${gateway.address.url}${PATH}`
  if (how.replace) say(session, `DELETE ${url}`)
  say(session, how.update ? `PUT ${url} (POST if there is no such function)` : `POST ${url}`)
  say(session, JSON.stringify(body, null, 2))
}

function urlOf(gateway: GatewayClient, { service, namespace = '' }: DeploymentBody): string {
  return `${gateway.address.url}/function/${service}${namespace === '' ? '' : `.${namespace}`}`
}
