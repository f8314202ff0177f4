import type { RevisionAnswer } from '../../wire/revision-bodies.ts'
import type { Invocation } from '../args/command.ts'
import { present } from '../output/present.ts'
import type { REVISIONS_FLAGS } from '../table/functions.ts'
import { FunctionsClient } from './functions-client.ts'

/** Newest first. A rollback can return to each of them. */
export async function run({
  args,
  flags,
  isGiven,
  session,
}: Invocation<typeof REVISIONS_FLAGS>): Promise<void> {
  const [name = ''] = args
  const client = await FunctionsClient.connect(session, { flags, isGiven })
  const namespace = client.namespaceOf(name, flags.namespace)
  const found = await client.of<readonly RevisionAnswer[]>(name, namespace, '/revisions')
  await present(session, flags, {
    value: found,
    names: found.map(({ revision }) => String(revision)),
    heading: ['REVISION', 'STATE', 'DEPLOYED', 'IMAGE', 'CHANGED'],
    rows: found.map(({ revision, state, createdAt, image, changed }) => [
      String(revision),
      state,
      createdAt,
      image,
      changed?.join(', ') ?? '',
    ]),
    none: `no revisions of ${name} are kept`,
  })
}
