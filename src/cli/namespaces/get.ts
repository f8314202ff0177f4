import type { Invocation } from '../args/command.ts'
import { presentData } from '../output/present.ts'
import { say } from '../session.ts'
import type { NAMESPACE_GET_FLAGS } from '../table/namespaces.ts'
import { NamespaceClient } from './namespace-client.ts'

/** cli.md 3.20; a single label is shown, too. */
export async function run(invocation: Invocation<typeof NAMESPACE_GET_FLAGS>): Promise<void> {
  const {
    args: [asked = ''],
    flags,
    isGiven,
    session,
  } = invocation
  const found = await (await NamespaceClient.connect(session, { flags, isGiven })).get(asked)
  if (await presentData(session, flags, found)) return
  const { name, labels = {}, annotations = {} } = found
  say(session, `Name:        ${name}`)
  for (const [title, map] of [
    ['Labels:', labels],
    ['Annotations:', annotations],
  ] as const) {
    const pairs = Object.entries(map).toSorted(([a], [b]) => (a < b ? -1 : 1))
    pairs.forEach(([key, text], at) => say(session, `${(at === 0 ? title : '').padEnd(13)}${key}: ${text}`))
  }
}
