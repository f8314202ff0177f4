import type { Invocation } from '../args/command.ts'
import { say } from '../session.ts'
import type { ROLLBACK_FLAGS } from '../table/functions.ts'
import { queryOf } from '../gateway/query.ts'
import { FunctionsClient, noSuchFunction } from './functions-client.ts'

/** Which revisions there are: `sampan revisions NAME`. */
export async function run({
  args,
  flags,
  isGiven,
  session,
}: Invocation<typeof ROLLBACK_FLAGS>): Promise<void> {
  const [name = ''] = args
  const client = await FunctionsClient.connect(session, { flags, isGiven })
  const namespace = client.namespaceOf(name, flags.namespace)
  const body = isGiven('to') ? JSON.stringify({ revision: flags.to }) : '{}'
  const answer = await client.gateway.send({
    method: 'POST',
    path: `/system/function/${encodeURIComponent(name)}/rollback${queryOf({ namespace })}`,
    headers: { 'Content-Type': 'application/json' },
    body,
  })
  const text = await answer.text()
  if (answer.status === 404) throw noSuchFunction(name)
  if (answer.status >= 300) throw client.gateway.refusal(answer.status, text)
  say(
    session,
    `Rolled back: ${name}${flags.to === 0 ? '' : ` to revision ${flags.to}`}. ${answer.statusLine}`,
  )
}
