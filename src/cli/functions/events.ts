import { createInterface } from 'node:readline'
import type { ScalingEventAnswer } from '../../wire/answer-schemas.ts'
import type { Invocation } from '../args/command.ts'
import { present } from '../output/present.ts'
import { say, type Session } from '../session.ts'
import type { EVENTS_FLAGS } from '../table/functions.ts'
import { queryOf } from '../gateway/query.ts'
import { FunctionsClient } from './functions-client.ts'

type EventsInvocation = Invocation<typeof EVENTS_FLAGS>

/** `GET /system/events`. Oldest first. */
export async function run(invocation: EventsInvocation): Promise<void> {
  const { args, flags, isGiven, session } = invocation
  const [name = ''] = args
  const client = await FunctionsClient.connect(session, { flags, isGiven })
  const namespace = client.namespaceOf(name, flags.namespace)
  const path = `/system/events${queryOf({ name, namespace })}`
  if (flags.follow) return follow(client, path, invocation)
  const found = await client.gateway.json<readonly ScalingEventAnswer[]>({ method: 'GET', path })
  await present(session, flags, {
    value: found,
    names: [...new Set(found.map((event) => event.name))],
    heading: ['TIME', 'FUNCTION', 'KIND', 'REPLICAS', 'REASON'],
    rows: found.map(cellsOf),
    none: 'nothing has happened of late',
  })
}

async function follow(
  { gateway }: FunctionsClient,
  path: string,
  invocation: EventsInvocation,
): Promise<void> {
  const { flags, session } = invocation
  const headers = { Accept: 'text/event-stream' }
  const answer = await gateway.send({ method: 'GET', path, headers, timeoutMs: 0 })
  if (answer.status !== 200) throw gateway.refusal(answer.status, await answer.text())
  for await (const line of createInterface({ input: answer.body, signal: session.signal })) {
    if (line.startsWith('data: ')) tell(session, line.slice('data: '.length), flags)
  }
}

function tell(session: Session, data: string, flags: EventsInvocation['flags']): void {
  if (flags.json || flags.output === 'json') say(session, data)
  else say(session, cellsOf(JSON.parse(data) as ScalingEventAnswer).join('  '))
}

function cellsOf({ at, name, kind, from, to, reason }: ScalingEventAnswer): readonly string[] {
  return [at, name, kind, from === to ? String(to) : `${from} to ${to}`, reason]
}
