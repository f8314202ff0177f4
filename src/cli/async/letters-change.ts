import type { Invocation } from '../args/command.ts'
import { CliError } from '../cli-error.ts'
import { confirm } from '../input/confirm.ts'
import { say } from '../session.ts'
import type { LETTERS_CHANGE_FLAGS } from '../table/async.ts'
import { AsyncClient, type Parameters } from './async-client.ts'
import { eachOf } from './each-of.ts'
import { which } from './which.ts'

/** What is done to dead letters: to one by its id, or to all that flags choose. */
export interface LetterAction {
  readonly one: (client: AsyncClient, id: string) => Promise<void>
  readonly all: (client: AsyncClient, parameters: Parameters) => Promise<number>
  /** E.g. `Remove`, and `Removed`. */
  readonly verb: string
  readonly past: string
}

/** Ids, or `--all`, or flags that choose: nothing at all is no order to change everything. */
export async function changeLetters(
  { args, flags, isGiven, session }: Invocation<typeof LETTERS_CHANGE_FLAGS>,
  { verb, past, one, all }: LetterAction,
): Promise<void> {
  const client = await AsyncClient.connect(session, { flags, isGiven })
  const parameters = which(session, flags)
  const isChosen = Object.values(parameters).some((text) => text !== '')
  if (args.length > 0) {
    if (flags.all || isChosen) throw new CliError('name dead letters or choose them with flags, not both')
    return eachOf(session, args, { act: (id) => one(client, id), done: (id) => `${past} ${id}.` })
  }
  if (!flags.all && !isChosen)
    throw new CliError('which dead letters?', {
      hint: 'Name them, choose them with --function, --reason or --before, or say --all.',
    })
  const whose = isChosen ? 'all dead letters that match' : 'all dead letters'
  if (!flags.yes) await confirm(session, `${verb} ${whose}?`)
  say(session, `${past} ${await all(client, parameters)} dead letter(s).`)
}
