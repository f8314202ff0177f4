import { parseArguments, positionalsOf, wantsHelp } from './args/parse.ts'
import type { AnyCommand } from './args/command.ts'
import { helpOf, overview } from './args/help.ts'
import { near } from './args/suggest.ts'
import { CliError, USAGE_STATUS, usageError } from './cli-error.ts'
import { GLOBAL_FLAGS } from './global-flags.ts'
import { pluginNamed } from './plugins/plugin-path.ts'
import { hasColours, isSwitchedOn, say, type Session } from './session.ts'
import { COMMANDS, GROUPS } from './table/commands.ts'
import { findCommand, findGroup, flagsUnder } from './table/lookup.ts'

/** Set by tests that compare with faas-cli: errors go to standard output, as there (cli.md 17.1). */
const STRICT = 'SAMPAN_CLI_STRICT'

/** What the scripts of `completion` call: the words of a command line, the last one unfinished (as cobra's). */
const COMPLETE = '__complete'
const COMPLETE_BARE = '__completeNoDesc'

/** Status of a failure that is none of the user's (EX_SOFTWARE of sysexits). */
const INTERNAL = 70

/** Runs one command line, without the name of the program. Never rejects; resolves to the exit status. */
export async function run(words: readonly string[], session: Session): Promise<number> {
  try {
    return (await dispatch(words, session)) ?? 0
  } catch (error) {
    // It was asked to end, and ended: what broke on the way is no news.
    if (session.signal.aborted) return 1
    return tell(error, session)
  }
}

async function dispatch(words: readonly string[], session: Session): Promise<number | void> {
  const [word = '', ...others] = words
  if (word === COMPLETE || word === COMPLETE_BARE) {
    const { complete } = await import('./completion/complete.ts')
    return complete(others, { session, isBare: word === COMPLETE_BARE })
  }
  const plugin = pluginNamed(word, session)
  if (plugin !== null) return (await import('./plugins/run-plugin.ts')).runPlugin(plugin, others, session)

  const [first] = positionalsOf(words, flagsUnder(null))
  // One letter may be a switch of one command and take a value for another: with the first word it is known whose it is.
  const names = first === undefined ? [] : positionalsOf(words, flagsUnder(first))
  if (names[0] === 'help') return showHelp(names.slice(1), session)
  const found = commandOf(names)
  if (found === null || wantsHelp(words, found.flags)) return showHelp(names, session)

  const { positionals, values, given } = parseArguments(words, { ...GLOBAL_FLAGS, ...found.flags })
  const args = positionals.slice(found.path.length)
  checkArguments(found, args)
  const { run: handle } = await found.load()
  const invocation = { args, flags: values, isGiven: (name: string) => given.has(name), session }
  return handle(invocation as never)
}

/** Throws for a first word that is no command; null for a group alone, or no word at all. */
function commandOf(names: readonly string[]): AnyCommand | null {
  const [first] = names
  if (first === undefined) return null
  const found = findCommand(names)
  if (found !== null) return found
  const group = findGroup(first)
  if (group === null) {
    const known = COMMANDS.filter(({ isHidden }) => isHidden !== true).map(({ path }) => path[0] ?? '')
    throw unknown(`unknown command "${first}" for "sampan"`, near(first, known))
  }
  const [, second] = names
  if (second === undefined) return null
  const known = COMMANDS.filter(({ path }) => path[0] === group.name).map(({ path }) => path[1] ?? '')
  throw unknown(`unknown command "${second}" for "sampan ${group.name}"`, near(second, known))
}

function showHelp(names: readonly string[], session: Session): number {
  const width = session.stdout.columns ?? 80
  const found = names.length === 0 ? null : commandOf(names)
  if (found !== null) say(session, helpOf(found, width))
  else {
    const group = findGroup(names[0])
    say(session, overview({ commands: COMMANDS, groups: GROUPS, of: group?.name ?? null, width }))
  }
  return 0
}

function checkArguments(
  { path, arguments: { usage, least, most } }: AnyCommand,
  args: readonly string[],
): void {
  const line = `sampan ${path.join(' ')}${usage === '' ? '' : ` ${usage}`}`
  if (args.length < least) throw usageError(`${missing(usage, args.length)} is missing`, `Usage: ${line}`)
  if (args.length > most) {
    const extra = args.slice(most).join(' ')
    throw usageError(
      `${path.join(' ')} takes ${most === 0 ? 'no argument' : `at most ${most}`}, so what is "${extra}"?`,
      `Usage: ${line}`,
    )
  }
}

function missing(usage: string, at: number): string {
  return usage.split(' ')[at] ?? 'an argument'
}

function unknown(message: string, near: readonly string[]): CliError {
  const meant = near.length === 0 ? '' : `Did you mean this?\n${near.map((name) => `  ${name}`).join('\n')}\n`
  return usageError(message, `${meant}Usage: sampan COMMAND [flags]   See: sampan help`)
}

function tell(error: unknown, session: Session): number {
  const isStrict = isSwitchedOn(session, STRICT)
  const stream = isStrict ? session.stdout : session.stderr
  const isKnown = error instanceof CliError
  const message =
    isKnown || isOfSystem(error)
      ? error.message
      : error instanceof Error
        ? (error.stack ?? error.message)
        : String(error)
  const [red, plain] = hasColours(session, 'stderr') ? ['\u001B[31m', '\u001B[39m'] : ['', '']
  stream.write(`${red}${capitalised(message)}${plain}\n`)
  if (isKnown && error.hint !== '') stream.write(`${error.hint}\n`)
  // faas-cli knows no other status than 1.
  if (isKnown && isStrict && error.exitStatus === USAGE_STATUS) return 1
  return isKnown ? error.exitStatus : isOfSystem(error) ? 1 : INTERNAL
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** A file that is missing, or not for this user: Node's sentence names it, and a stack would add nothing. */
function isOfSystem(error: unknown): error is Error {
  return error instanceof Error && 'syscall' in error && 'code' in error
}
