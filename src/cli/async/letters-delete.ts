import type { Invocation } from '../args/command.ts'
import type { LETTERS_CHANGE_FLAGS } from '../table/async.ts'
import { changeLetters } from './letters-change.ts'

/** Removes them for good, with their bodies. */
export function run(invocation: Invocation<typeof LETTERS_CHANGE_FLAGS>): Promise<void> {
  return changeLetters(invocation, {
    verb: 'Remove',
    past: 'Removed',
    one: (client, id) => client.remove(id),
    all: (client, parameters) => client.removeAll(parameters),
  })
}
