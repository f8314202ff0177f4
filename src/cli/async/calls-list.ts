import type { Invocation } from '../args/command.ts'
import { usageError } from '../cli-error.ts'
import { present } from '../output/present.ts'
import type { CALLS_LIST_FLAGS } from '../table/async.ts'
import { AsyncClient } from './async-client.ts'
import { callRow, CALL_HEADING } from './shown-call.ts'
import { which } from './which.ts'

/** Asynchronous calls, the newest first. */
export async function run({ flags, isGiven, session }: Invocation<typeof CALLS_LIST_FLAGS>): Promise<void> {
  if (flags.limit < 1) throw usageError('--limit must be at least 1')
  const parameters = { ...which(session, flags), state: flags.state, callId: flags['call-id'] }
  const calls = await (await AsyncClient.connect(session, { flags, isGiven })).calls(parameters, flags.limit)
  const isWide = flags.output === 'wide'
  await present(session, flags, {
    value: calls,
    names: calls.map(({ callId }) => callId),
    heading: isWide ? [...CALL_HEADING, 'QUEUE', 'ERROR'] : CALL_HEADING,
    rows: calls.map((call) => (isWide ? [...callRow(call), call.queue, call.error ?? ''] : callRow(call))),
    none: 'No asynchronous calls.',
  })
}
