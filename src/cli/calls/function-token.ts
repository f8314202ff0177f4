import { CliError } from '../cli-error.ts'
import { credentialOf } from '../gateway/credentials-file.ts'
import type { GatewayAnswer, GatewayClient } from '../gateway/gateway-client.ts'
import type { Session } from '../session.ts'

const REALM = 'IAM function invoke'

/** The answer is a gateway's that wants a token for the function (cli.md 3.10). */
export function wantsToken({ status, headers }: GatewayAnswer): boolean {
  const asked = headers['www-authenticate'] ?? ''
  return (
    status === 401 &&
    asked.split(', ').some((part) => part.endsWith(`realm="${REALM}"`) || part.endsWith(`realm=${REALM}`))
  )
}

/** A token for one function in exchange for the one that is stored. Null: none is stored, or a password. */
export async function functionToken(
  session: Session,
  gateway: GatewayClient,
  { name, namespace }: { readonly name: string; readonly namespace: string },
): Promise<string | null> {
  const stored = await credentialOf(session, gateway.address.url)
  if (stored?.auth !== 'oauth2') return null
  const form = new URLSearchParams({
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
    subject_token: stored.token,
    audience: `${namespace}:${name}`,
    scope: 'function',
  })
  const found = await gateway.json<{ readonly access_token?: string }>({
    method: 'POST',
    path: '/oauth/token',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: form.toString(),
    isAnonymous: true,
  })
  if (found.access_token !== undefined) return found.access_token
  throw new CliError('the gateway gave no token for the function', { hint: 'Log in again.' })
}
