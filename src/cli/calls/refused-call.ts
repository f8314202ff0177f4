import { CliError } from '../cli-error.ts'
import type { GatewayAnswer, GatewayClient } from '../gateway/gateway-client.ts'

/** What an answer that is no success means to who called. */
export async function refusedCall(
  gateway: GatewayClient,
  answer: GatewayAnswer,
  { name, namespace }: { readonly name: string; readonly namespace: string },
): Promise<CliError> {
  const text = (await answer.text()).trim()
  const message = `server returned unexpected status code: ${answer.status}${text === '' ? '' : ` - ${text}`}`
  return new CliError(message, {
    hint: hintFor(answer.status, { name, namespace, url: gateway.address.url }),
  })
}

function hintFor(
  status: number,
  { name, namespace, url }: { readonly name: string; readonly namespace: string; readonly url: string },
): string {
  if (status === 404 && name.includes('.'))
    return `The name was taken for "${name}" in ${namespace}. A namespace is named with --namespace.`
  if (status === 404) return `See what is deployed at ${url}: sampan list --namespace ${namespace}`
  if (status === 504)
    return 'The function took longer than its exec_timeout, or the gateway waited no longer.'
  if (status === 502 || status === 500) return `The log of the function may say why: sampan logs ${name}`
  if (status === 503 || status === 429)
    return `It is busy or has no replica ready. See: sampan describe ${name}`
  return ''
}
