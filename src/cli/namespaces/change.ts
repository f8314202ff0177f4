import type { Invocation } from '../args/command.ts'
import { say } from '../session.ts'
import type { NAMESPACE_CHANGE_FLAGS } from '../table/namespaces.ts'
import { mapIn, NamespaceClient } from './namespace-client.ts'

/** Creates or updates the namespace that the command line names (cli.md 3.20). */
export async function changeNamespace(
  { args: [name = ''], flags, isGiven, session }: Invocation<typeof NAMESPACE_CHANGE_FLAGS>,
  action: 'create' | 'update',
): Promise<void> {
  const labels = mapIn(flags.label, 'label')
  const annotations = mapIn(flags.annotation, 'annotation')
  const client = await NamespaceClient.connect(session, { flags, isGiven })
  await client[action]({ name, labels, annotations })
  say(session, `Namespace ${name} ${action}d`)
}
