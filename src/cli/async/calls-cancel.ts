import type { Invocation } from '../args/command.ts'
import type { CALLS_CANCEL_FLAGS } from '../table/async.ts'
import { AsyncClient } from './async-client.ts'
import { eachOf } from './each-of.ts'

/** Ends calls, those that run too. */
export async function run({
  args,
  flags,
  isGiven,
  session,
}: Invocation<typeof CALLS_CANCEL_FLAGS>): Promise<void> {
  const client = await AsyncClient.connect(session, { flags, isGiven })
  await eachOf(session, args, {
    act: (callId) => client.cancel(callId),
    done: (callId) => `Cancelled ${callId}.`,
  })
}
