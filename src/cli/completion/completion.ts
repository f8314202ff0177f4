import type { Invocation } from '../args/command.ts'
import { CliError } from '../cli-error.ts'
import type { COMPLETION_FLAGS } from '../table/completion.ts'
import { completionScript, type Shell, SHELLS } from './scripts.ts'

const HINT = 'For this shell alone: source <(sampan completion bash)'

/** cli.md 3.22; also without `--shell`. */
export async function run({ args, flags, session }: Invocation<typeof COMPLETION_FLAGS>): Promise<void> {
  const name = flags.shell || (args[0] ?? '')
  if (name === '') throw new CliError(`which shell? One of ${SHELLS.join(', ')}`, { hint: HINT })
  const shell = SHELLS.find((one) => one === name)
  if (shell === undefined)
    throw new CliError(`there is no completion for "${name}"`, { hint: `There is for ${SHELLS.join(', ')}.` })
  session.stdout.write(completionScript(shell satisfies Shell))
}
