import type { AnyCommand, FlagSpecs } from '../args/command.ts'
import type { Group } from '../args/help.ts'
import { GLOBAL_FLAGS } from '../global-flags.ts'
import { COMMANDS, GROUPS } from './commands.ts'

/** The command that the first words name, by the longest of those that fit (`template pull stack`); null without one. */
export function findCommand(names: readonly string[]): AnyCommand | null {
  const found = COMMANDS.filter((command) => matches(command, names))
  return found.toSorted((a, b) => b.path.length - a.path.length)[0] ?? null
}

export function findGroup(name: string | undefined): Group | null {
  return GROUPS.find((group) => group.name === name || group.aliases.includes(name ?? '')) ?? null
}

/** Enough to tell the value of a flag from a name, before the command is known. Null: of all commands. */
export function flagsUnder(first: string | null): FlagSpecs {
  const all: Record<string, FlagSpecs[string]> = { ...GLOBAL_FLAGS }
  const group = first === null ? null : findGroup(first)
  for (const command of COMMANDS) {
    const [word] = command.path
    if (first === null || word === (group?.name ?? first) || (group === null && matches(command, [first])))
      Object.assign(all, command.flags)
  }
  return all
}

function matches({ path, aliases = [] }: AnyCommand, names: readonly string[]): boolean {
  if (names.length < path.length) return false
  return path.every((word, at) => {
    const name = names[at] ?? ''
    if (name === word) return true
    if (at === path.length - 1) return aliases.includes(name)
    return findGroup(name)?.name === word
  })
}
