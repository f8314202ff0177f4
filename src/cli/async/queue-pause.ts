import type { Invocation } from '../args/command.ts'
import { say } from '../session.ts'
import type { QUEUE_CHANGE_FLAGS } from '../table/async.ts'
import { AsyncClient } from './async-client.ts'

/** Calls are taken, and made when the queue is resumed. */
export async function run(invocation: Invocation<typeof QUEUE_CHANGE_FLAGS>): Promise<void> {
  const {
    args: [queue = ''],
    flags,
    isGiven,
    session,
  } = invocation
  await (await AsyncClient.connect(session, { flags, isGiven })).change(queue, 'pause')
  say(session, `Paused queue ${queue}. Calls are taken and wait.`)
}
