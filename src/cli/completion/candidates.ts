import type { AnyCommand, ArgumentSpec, FlagSpec, FlagSpecs } from '../args/command.ts'
import { GLOBAL_FLAGS } from '../global-flags.ts'
import { COMMANDS, GROUPS } from '../table/commands.ts'
import { findCommand, findGroup, flagsUnder } from '../table/lookup.ts'

/** What may stand where a command line ends. */
export type Candidates =
  | { readonly kind: 'words'; readonly words: readonly Candidate[] }
  /** Names that only a server, or the working directory, knows. */
  | { readonly kind: 'names'; readonly of: NonNullable<ArgumentSpec['names']> }
  | { readonly kind: 'files' }
  | { readonly kind: 'nothing' }

export interface Candidate {
  readonly word: string
  readonly help: string
}

const NOTHING: Candidates = { kind: 'nothing' }

/** Values that name something on the disk. */
const FILE_VALUE = /FILE|PATH|DIR|FOLDER/

/** `before`: the words that are complete, without the name of the program. `last`: what is being typed. */
export function candidatesFor(before: readonly string[], last: string): Candidates {
  const rough = walk(before, flagsUnder(null))
  const { names, pending, isOver } = walk(before, flagsUnder(rough.names[0] ?? null))
  const asked = names[0] === 'help' ? names.slice(1) : names
  const found = findCommand(asked)
  const flags: FlagSpecs = { ...GLOBAL_FLAGS, ...found?.flags }
  if (pending !== null) return valuesOf(flags[pending], '')
  if (!isOver && last.startsWith('-')) return flagWords(flags, last)
  if (found === null) return { kind: 'words', words: nextWords(asked) }
  return names[0] === 'help' ? NOTHING : argument(found, asked.length - found.path.length)
}

/** Names, the flag that still waits for its value, and whether `--` has ended the flags. */
function walk(words: readonly string[], specs: FlagSpecs) {
  const names: string[] = []
  let pending: string | null = null
  let isOver = false
  for (const word of words) {
    if (pending !== null) pending = null
    else if (isOver || word === '-' || !word.startsWith('-')) names.push(word)
    else if (word === '--') isOver = true
    else pending = waitsForValue(word, specs)
  }
  return { names, pending, isOver }
}

function waitsForValue(word: string, specs: FlagSpecs): string | null {
  if (word.includes('=')) return null
  const letter = word.at(1) ?? ''
  const name = word.startsWith('--')
    ? word.slice(2)
    : // Of switches together the last one may take a value; of `-gURL` it is there.
      (Object.keys(specs).find((one) => specs[one]?.short === (word.length > 2 ? word.at(-1) : letter)) ?? '')
  const spec = Object.hasOwn(specs, name) ? specs[name] : undefined
  const isAlone = word.startsWith('--') || word.length === 2
  return isAlone && spec !== undefined && spec.kind !== 'bool' ? name : null
}

function flagWords(flags: FlagSpecs, last: string): Candidates {
  const at = last.indexOf('=')
  if (at > 0) return valuesOf(flags[last.slice(2, at)], last.slice(0, at + 1))
  const words = Object.entries(flags)
    .filter(([, { isHidden }]) => isHidden !== true)
    .map(([name, { help }]) => ({ word: `--${name}`, help }))
  return { kind: 'words', words }
}

/** `prefix`: what stands before the value in the same word. */
function valuesOf(spec: FlagSpec | undefined, prefix: string): Candidates {
  if (spec === undefined) return NOTHING
  const { oneOf = [], kind, value = '' } = spec
  if (kind === 'bool') return { kind: 'words', words: both(prefix) }
  if (oneOf.length > 0)
    return {
      kind: 'words',
      words: oneOf.filter((one) => one !== '').map((one) => ({ word: `${prefix}${one}`, help: '' })),
    }
  if (prefix === '' && spec.help.startsWith('namespace')) return { kind: 'names', of: 'namespace' }
  return FILE_VALUE.test(value) ? { kind: 'files' } : NOTHING
}

function both(prefix: string): readonly Candidate[] {
  return ['true', 'false'].map((one) => ({ word: `${prefix}${one}`, help: '' }))
}

function nextWords(names: readonly string[]): readonly Candidate[] {
  const [first] = names
  const seen = COMMANDS.filter(({ isHidden }) => isHidden !== true)
  if (first === undefined) {
    const alone = seen.filter(({ path }) => path.length === 1)
    return [
      ...alone.map(({ path, summary }) => ({ word: path[0] ?? '', help: summary })),
      ...GROUPS.map(({ name, summary }) => ({ word: name, help: summary })),
      { word: 'help', help: 'show what a command does' },
    ].toSorted((a, b) => a.word.localeCompare(b.word))
  }
  const group = findGroup(first)
  const under = names.slice(1)
  return seen
    .filter(({ path }) => path[0] === group?.name && under.every((name, at) => path[at + 1] === name))
    .map(({ path, summary }) => ({ word: path[under.length + 1] ?? '', help: summary }))
    .filter(({ word }) => word !== '')
}

function argument({ arguments: { most, names, usage } }: AnyCommand, at: number): Candidates {
  if (at >= most) return NOTHING
  if (names === 'file' || (names === undefined && FILE_VALUE.test(usage))) return { kind: 'files' }
  return names === undefined ? NOTHING : { kind: 'names', of: names }
}
