import type { Invocation } from '../args/command.ts'
import { say } from '../session.ts'
import type { QUEUE_CHANGE_FLAGS } from '../table/async.ts'
import { AsyncClient } from './async-client.ts'

/** Pauses or resumes the queue that the command line names. `said`: what is true then. */
export async function changeQueue(
  { args: [queue = ''], flags, isGiven, session }: Invocation<typeof QUEUE_CHANGE_FLAGS>,
  action: 'pause' | 'resume',
  said: (queue: string) => string,
): Promise<void> {
  await (await AsyncClient.connect(session, { flags, isGiven })).change(queue, action)
  say(session, said(queue))
}
