import type { Invocation } from '../args/command.ts'
import { readContexts, writeContexts } from '../gateway/contexts-file.ts'
import { envOf, note, say } from '../session.ts'
import { unknownContext } from './unknown-context.ts'

/** From now on commands speak to this gateway, unless a flag, a stack file or the environment says otherwise. */
export async function run({ args: [name = ''], session }: Invocation<Record<never, never>>): Promise<void> {
  const { gateways } = readContexts(session)
  if (!Object.hasOwn(gateways, name)) throw unknownContext(name, gateways)
  await writeContexts(session, { current: name, gateways })
  say(session, `Using context ${name} for ${gateways[name] ?? ''}`)
  if (envOf(session, 'OPENFAAS_URL') !== '')
    note(session, 'OPENFAAS_URL is set and wins over it: unset OPENFAAS_URL')
}
