import type { Invocation } from '../args/command.ts'
import { say } from '../session.ts'
import type { NAMESPACE_REMOVE_FLAGS } from '../table/namespaces.ts'
import { NamespaceClient } from './namespace-client.ts'

/** cli.md 3.20. */
export async function run(invocation: Invocation<typeof NAMESPACE_REMOVE_FLAGS>): Promise<void> {
  const {
    args: [name = ''],
    flags,
    isGiven,
    session,
  } = invocation
  await (await NamespaceClient.connect(session, { flags, isGiven })).remove(name)
  say(session, `Namespace ${name} removed`)
}
