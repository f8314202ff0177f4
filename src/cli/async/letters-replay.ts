import type { Invocation } from '../args/command.ts'
import type { LETTERS_CHANGE_FLAGS } from '../table/async.ts'
import { AsyncClient } from './async-client.ts'
import { changeLetters } from './letters-change.ts'

/** Has them made again, as new calls. */
export async function run({
  args,
  flags,
  isGiven,
  session,
}: Invocation<typeof LETTERS_CHANGE_FLAGS>): Promise<void> {
  const client = await AsyncClient.connect(session, { flags, isGiven })
  await changeLetters(session, {
    args,
    flags,
    action: {
      verb: 'Replay',
      past: 'Replayed',
      one: (id) => client.replay(id),
      all: (parameters) => client.replayAll(parameters),
    },
  })
}
