import type { Invocation } from '../args/command.ts'
import { readContexts, writeContexts } from '../gateway/contexts-file.ts'
import { say } from '../session.ts'
import { unknownContext } from './unknown-context.ts'

/** Forgets the name. Credentials of the gateway stay: `logout` removes those. */
export async function run({ args: [name = ''], session }: Invocation<Record<never, never>>): Promise<void> {
  const { current, gateways } = readContexts(session)
  if (!Object.hasOwn(gateways, name)) throw unknownContext(name, gateways)
  const { [name]: _removed, ...rest } = gateways
  await writeContexts(session, { current: current === name ? '' : current, gateways: rest })
  say(session, `Removed context ${name}${current === name ? '; none is in use now' : ''}`)
}
