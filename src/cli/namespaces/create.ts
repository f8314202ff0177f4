import type { Invocation } from '../args/command.ts'
import { say } from '../session.ts'
import type { NAMESPACE_CHANGE_FLAGS } from '../table/namespaces.ts'
import { mapIn, NamespaceClient } from './namespace-client.ts'

/** cli.md 3.20. */
export async function run(invocation: Invocation<typeof NAMESPACE_CHANGE_FLAGS>): Promise<void> {
  const {
    args: [name = ''],
    flags,
    isGiven,
    session,
  } = invocation
  const labels = mapIn(flags.label, 'label')
  const annotations = mapIn(flags.annotation, 'annotation')
  await (await NamespaceClient.connect(session, { flags, isGiven })).create({ name, labels, annotations })
  say(session, `Namespace ${name} created`)
}
