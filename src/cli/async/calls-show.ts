import type { Invocation } from '../args/command.ts'
import { presentData } from '../output/present.ts'
import { say } from '../session.ts'
import type { CALLS_SHOW_FLAGS } from '../table/async.ts'
import { AsyncClient } from './async-client.ts'
import { callPage } from './shown-call.ts'

/** All calls with a call id, and their executions. */
export async function run(invocation: Invocation<typeof CALLS_SHOW_FLAGS>): Promise<void> {
  const {
    args: [callId = ''],
    flags,
    isGiven,
    session,
  } = invocation
  const found = await (await AsyncClient.connect(session, { flags, isGiven })).callsOf(callId)
  if (!(await presentData(session, flags, found))) say(session, found.map(callPage).join('\n\n'))
}
