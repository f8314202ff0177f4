import type { Session } from '../session.ts'
import type { StackFile } from '../stack/stack-file.ts'
import { currentGateway } from './contexts-file.ts'
import { GatewayClient } from './gateway-client.ts'
import { gatewayAddress } from './gateway-address.ts'

/** The flags of `GATEWAY` (common-flags), as far as a command has them. */
export interface GatewayFlags {
  readonly gateway: string
  readonly 'tls-no-verify'?: boolean
  readonly token?: string
  /** The stack file that may name the gateway, too. */
  readonly yaml?: string
  readonly envsubst?: boolean
}

/** The gateway that a command speaks to. `stack`: the stack file in use; null without one. */
export function connect(
  session: Session,
  asked: {
    readonly flags: GatewayFlags
    readonly isGiven: (name: 'gateway') => boolean
    readonly stack?: Pick<StackFile, 'gateway'> | null
  },
): GatewayClient {
  const { flags, isGiven, stack = null } = asked
  const address = gatewayAddress(session, {
    flag: flags.gateway,
    isGiven: isGiven('gateway'),
    stackFile: stack?.gateway ?? '',
    context: currentGateway(session),
  })
  return new GatewayClient({
    session,
    address,
    token: flags.token ?? '',
    isInsecure: flags['tls-no-verify'] === true,
  })
}
