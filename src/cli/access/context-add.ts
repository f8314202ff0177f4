import type { Invocation } from '../args/command.ts'
import { CliError } from '../cli-error.ts'
import { readContexts, writeContexts } from '../gateway/contexts-file.ts'
import { normalised } from '../gateway/gateway-address.ts'
import { say } from '../session.ts'
import type { CONTEXT_ADD_FLAGS } from '../table/access.ts'

const NAME = /^[A-Za-z0-9][\w.-]{0,62}$/

/** Gives a gateway a name. The first one is in use at once. */
export async function run({ args, flags, session }: Invocation<typeof CONTEXT_ADD_FLAGS>): Promise<void> {
  const [name = '', address = ''] = args
  if (!NAME.test(name))
    throw new CliError(`"${name}" cannot be the name of a context`, {
      hint: 'Letters, digits, "-", "_" and ".", at most 63.',
    })
  const gateway = normalised(address)
  const { current, gateways } = readContexts(session)
  if (Object.hasOwn(gateways, name) && !flags.overwrite && gateways[name] !== gateway)
    throw new CliError(`there is a context "${name}" already, for ${gateways[name] ?? ''}`, {
      hint: 'Give another address to it with --overwrite.',
    })
  const inUse = flags.use || current === '' ? name : current
  await writeContexts(session, { current: inUse, gateways: { ...gateways, [name]: gateway } })
  say(session, `Added context ${name} for ${gateway}${inUse === name ? ', now in use' : ''}`)
}
