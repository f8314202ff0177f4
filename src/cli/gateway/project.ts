import { CliError } from '../cli-error.ts'
import { note, type Session } from '../session.ts'
import type { StackFile } from '../stack/stack-file.ts'
import { connect, type GatewayFlags } from './connect.ts'
import type { GatewayClient } from './gateway-client.ts'

/** A command line, as far as it says which gateway is meant. */
export interface ProjectAsked {
  readonly flags: GatewayFlags
  readonly isGiven: (name: 'gateway') => boolean
}

/**
 * The stack file in use, for commands that want to know only its gateway and the namespaces of its functions. A file that
 * happens to be here keeps nobody from anything that it has no part in: what is no stack file is passed over, and so is a broken
 * one where the command line names the gateway, which is said. Without that a broken one is an error: it may name the gateway,
 * and another one than that must not be asked. A file that is named with `-f` must be right.
 */
export async function projectOf(
  session: Session,
  { flags, isGiven }: ProjectAsked,
): Promise<StackFile | null> {
  const { locateStack } = await import('../stack/locate-stack.ts')
  const place = locateStack(session, flags.yaml ?? '')
  if (place === null) return null
  const { parsedStack } = await import('../stack/load-stack.ts')
  const { NoStackFile } = await import('../stack/parse-stack.ts')
  try {
    return (await parsedStack(session, place, flags)).stack
  } catch (error) {
    if (!place.isDefault || !(error instanceof CliError)) throw error
    if (error instanceof NoStackFile) return null
    if (!isGiven('gateway'))
      throw new CliError(error.message, {
        cause: error,
        hint: `${place.path} may name the gateway, so none was asked. Mend it, or name the gateway: --gateway URL`,
      })
    note(session, `Nothing is taken from ${place.path}: ${error.message}`)
    return null
  }
}

/** The gateway that a command speaks to, with the stack file in use. */
export async function connectProject(
  session: Session,
  asked: ProjectAsked,
): Promise<{ readonly gateway: GatewayClient; readonly stack: StackFile | null }> {
  const stack = await projectOf(session, asked)
  return { gateway: connect(session, { ...asked, stack }), stack }
}
