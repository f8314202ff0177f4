import type { Invocation } from '../args/command.ts'
import { presentData } from '../output/present.ts'
import { say } from '../session.ts'
import type { NAMESPACE_LIST_FLAGS } from '../table/namespaces.ts'
import { NamespaceClient } from './namespace-client.ts'

/** cli.md 3.20. */
export async function run({
  flags,
  isGiven,
  session,
}: Invocation<typeof NAMESPACE_LIST_FLAGS>): Promise<void> {
  const names = await (await NamespaceClient.connect(session, { flags, isGiven })).list()
  if (await presentData(session, flags, names)) return
  const isBare = flags.output === 'name'
  if (!isBare) say(session, 'Namespaces:')
  for (const name of names) say(session, isBare ? name : ` - ${name}`)
}
