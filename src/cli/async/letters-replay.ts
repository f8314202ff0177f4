import type { Invocation } from '../args/command.ts'
import type { LETTERS_CHANGE_FLAGS } from '../table/async.ts'
import { changeLetters } from './letters-change.ts'

/** Has them made again, as new calls. */
export function run(invocation: Invocation<typeof LETTERS_CHANGE_FLAGS>): Promise<void> {
  return changeLetters(invocation, {
    verb: 'Replay',
    past: 'Replayed',
    one: (client, id) => client.replay(id),
    all: (client, parameters) => client.replayAll(parameters),
  })
}
