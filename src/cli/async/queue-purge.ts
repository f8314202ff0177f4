import type { Invocation } from '../args/command.ts'
import { confirm } from '../input/confirm.ts'
import { say } from '../session.ts'
import type { QUEUE_PURGE_FLAGS } from '../table/async.ts'
import { AsyncClient } from './async-client.ts'
import { which } from './which.ts'

/** Cancels what waits; what runs goes on. */
export async function run(invocation: Invocation<typeof QUEUE_PURGE_FLAGS>): Promise<void> {
  const {
    args: [queue = ''],
    flags,
    isGiven,
    session,
  } = invocation
  const parameters = which(session, flags)
  const whose = flags.function === '' ? 'all calls' : `the calls of ${flags.function}`
  if (!flags.yes) await confirm(session, `Cancel ${whose} that wait in ${queue}?`)
  const purged = await (await AsyncClient.connect(session, { flags, isGiven })).purge(queue, parameters)
  say(session, `Cancelled ${purged} call(s) in ${queue}.`)
}
