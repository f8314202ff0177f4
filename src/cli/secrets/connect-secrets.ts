import type { GatewayFlags } from '../gateway/connect.ts'
import { warnOfPlainText } from '../gateway/plain-text.ts'
import { connectProject } from '../gateway/project.ts'
import type { Session } from '../session.ts'
import { SecretClient } from './secret-client.ts'

/** The secrets that a command is about. `isQuiet`: its output is for a program. */
export async function connectSecrets(
  session: Session,
  asked: {
    readonly flags: GatewayFlags & { readonly namespace: string }
    readonly isGiven: (name: 'gateway') => boolean
    readonly isQuiet?: boolean
  },
): Promise<SecretClient> {
  const { flags, isQuiet = false } = asked
  const { gateway } = await connectProject(session, asked)
  if (!isQuiet) warnOfPlainText(session, gateway.address, flags['tls-no-verify'] === true)
  return new SecretClient(gateway, flags.namespace)
}
