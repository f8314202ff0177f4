import { CliError } from '../cli-error.ts'
import { confirm } from '../input/confirm.ts'
import { say, type Session } from '../session.ts'
import type { Parameters } from './async-client.ts'
import { eachOf } from './each-of.ts'
import { which, type WhichFlags } from './which.ts'

/** What is done to dead letters: to one by its id, or to all that flags choose. */
export interface LetterAction {
  readonly one: (id: string) => Promise<void>
  readonly all: (parameters: Parameters) => Promise<number>
  /** E.g. `Remove`, and `Removed`. */
  readonly verb: string
  readonly past: string
}

/** Ids, or `--all`, or flags that choose: nothing at all is no order to change everything. */
export async function changeLetters(
  session: Session,
  {
    args,
    flags,
    action,
  }: {
    readonly args: readonly string[]
    readonly flags: WhichFlags & { readonly all: boolean; readonly yes: boolean }
    readonly action: LetterAction
  },
): Promise<void> {
  const parameters = which(session, flags)
  const isChosen = Object.values(parameters).some((text) => text !== '')
  const { verb, past, one, all } = action
  if (args.length > 0) {
    if (flags.all || isChosen) throw new CliError('name dead letters or choose them with flags, not both')
    return eachOf(session, args, { act: one, done: (id) => `${past} ${id}.` })
  }
  if (!flags.all && !isChosen)
    throw new CliError('which dead letters?', {
      hint: 'Name them, choose them with --function, --reason or --before, or say --all.',
    })
  const whose = isChosen ? 'all dead letters that match' : 'all dead letters'
  if (!flags.yes) await confirm(session, `${verb} ${whose}?`)
  say(session, `${past} ${await all(parameters)} dead letter(s).`)
}
