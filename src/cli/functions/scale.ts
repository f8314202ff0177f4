import type { Invocation } from '../args/command.ts'
import { CliError } from '../cli-error.ts'
import { note, say } from '../session.ts'
import type { SCALE_FLAGS } from '../table/functions.ts'
import { FunctionsClient, noSuchFunction } from './functions-client.ts'

/** cli.md 17.2. */
export async function run({ args, flags, isGiven, session }: Invocation<typeof SCALE_FLAGS>): Promise<void> {
  const [name = '', count = ''] = args
  if (!/^\d{1,6}$/.test(count))
    throw new CliError(`"${count}" is no number of replicas`, { hint: 'Such as: sampan scale hello 3' })
  const client = await FunctionsClient.connect(session, { flags, isGiven })
  const { gateway } = client
  const namespace = client.namespaceOf(name, flags.namespace)
  const body = { serviceName: name, replicas: Number(count), ...(namespace !== '' && { namespace }) }
  const answer = await gateway.send({
    method: 'POST',
    path: `/system/scale-function/${encodeURIComponent(name)}`,
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  })
  const text = await answer.text()
  if (answer.status === 404) throw noSuchFunction(name)
  if (![200, 201, 202].includes(answer.status)) throw gateway.refusal(answer.status, text)
  const set = answer.headers['x-scaled-to'] ?? count
  say(session, `Scaled: ${name} to ${String(set)}`)
  if (String(set) !== count)
    note(session, `${count} is outside of its bounds, or of what one function may have.`)
}
