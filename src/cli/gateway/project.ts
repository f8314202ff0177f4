import type { Session } from '../session.ts'
import type { StackFile } from '../stack/stack-file.ts'
import { connect, type GatewayFlags } from './connect.ts'
import type { GatewayClient } from './gateway-client.ts'

/**
 * The stack file in use, for commands that want only to know its gateway and the namespaces of its functions. A file
 * that happens to be here may be broken, or none of ours: only one that is named, or asked for with `isStrict`, must be right.
 */
export async function projectOf(
  session: Session,
  flags: { readonly yaml?: string; readonly envsubst?: boolean },
  { isStrict = false }: { readonly isStrict?: boolean } = {},
): Promise<StackFile | null> {
  const { yaml = '', envsubst = true } = flags
  const { locateStack } = await import('../stack/locate-stack.ts')
  const place = locateStack(session, yaml)
  if (place === null) return null
  const { parsedStack } = await import('../stack/load-stack.ts')
  try {
    return (await parsedStack(session, place, { envsubst })).stack
  } catch (error) {
    if (isStrict || !place.isDefault) throw error
    return null
  }
}

/** The gateway that a command speaks to, with the stack file in use. `isStrict`: as for `projectOf`. */
export async function connectProject(
  session: Session,
  asked: { readonly flags: GatewayFlags; readonly isGiven: (name: 'gateway') => boolean },
  how: { readonly isStrict?: boolean } = {},
): Promise<{ readonly gateway: GatewayClient; readonly stack: StackFile | null }> {
  const stack = await projectOf(session, asked.flags, how)
  return { gateway: connect(session, { ...asked, stack }), stack }
}
