import { CliError } from '../cli-error.ts'
import { envOf, note, type Session } from '../session.ts'
import { locateStack, readStackText, type StackPlace } from './locate-stack.ts'
import { parseStack, type ParsedStack } from './parse-stack.ts'
import { remarkText } from './remark.ts'
import { selectFunctions } from './select-functions.ts'
import type { StackFile } from './stack-file.ts'
import { substituted } from './substitute.ts'

/** The flags that say which stack file, and which functions of it. Every command has the first three. */
export interface StackFlags {
  readonly yaml: string
  readonly filter: string
  readonly regex: string
  /** Missing: yes. */
  readonly envsubst?: boolean
}

/**
 * The stack file of `--yaml` or of this folder, with the functions that `--filter` and `--regex` leave. What it says in vain
 * is noted on standard error. Null: there is none. Throws `CliError` for one that cannot be read.
 */
export async function loadStack(session: Session, flags: StackFlags): Promise<StackFile | null> {
  const place = locateStack(session, flags.yaml)
  if (place === null) return null
  const { stack, remarks } = await parsedStack(session, place, flags)
  for (const remark of remarks) note(session, remarkText(place.path, remark))
  return { ...stack, functions: selectFunctions(stack.functions, flags) }
}

/** The same, where there must be one. */
export async function requireStack(session: Session, flags: StackFlags): Promise<StackFile> {
  const stack = await loadStack(session, flags)
  if (stack !== null) return stack
  throw new CliError('you must supply a valid YAML file: there is no stack.yaml or stack.yml here', {
    hint: 'Name one with -f, or make one with: sampan new NAME --lang node',
  })
}

/** All of it, with what there is to say about it. */
export async function parsedStack(
  session: Session,
  place: StackPlace,
  flags: Pick<StackFlags, 'envsubst'>,
): Promise<ParsedStack> {
  return stackIn(session, { text: await readStackText(session, place.path), path: place.path }, flags)
}

/** The same of a text that came some other way. `path`: what errors call it. */
export function stackIn(
  session: Session,
  { text, path }: { readonly text: string; readonly path: string },
  { envsubst = true }: Pick<StackFlags, 'envsubst'>,
): ParsedStack {
  if (!envsubst) return parseStack(text, path)
  const { replaced, restore } = replacedIn(session, text, path)
  return parseStack(replaced, path, restore)
}

/** Stands for a value that is put into its place after the file was parsed. */
const MARK = /\uE000(\d+)\uE001/g

/**
 * The text with its `${VARIABLES}` replaced. A value of several lines that is a whole scalar would break the YAML: it gets
 * there by `restore` (cli.md 15, 10), and so does one that YAML would take for a mapping or cut at a `#`.
 */
function replacedIn(
  session: Session,
  text: string,
  path: string,
): { readonly replaced: string; readonly restore: (scalar: string) => string } {
  const kept: string[] = []
  let replaced = ''
  const pieces = piecesOf(session, text, path)
  for (const [at, piece] of pieces.entries()) {
    const isWhole = piece.isValue && isWholeScalar(replaced, pieces[at + 1]?.text ?? '')
    if (isWhole && isHard(piece.text)) replaced += `\uE000${kept.push(piece.text) - 1}\uE001`
    else replaced += piece.text
  }
  const restore = (scalar: string): string =>
    kept.length === 0 ? scalar : scalar.replace(MARK, (_, number: string) => kept[Number(number)] ?? '')
  return { replaced, restore }
}

function piecesOf(session: Session, text: string, path: string): ReturnType<typeof substituted> {
  try {
    return substituted(text, (name) => envOf(session, name))
  } catch (error) {
    if (error instanceof CliError)
      throw new CliError(`${path}, ${error.message}`, { hint: error.hint, cause: error })
    throw error
  }
}

function isWholeScalar(before: string, after: string): boolean {
  const line = before.slice(before.lastIndexOf('\n') + 1)
  const [, quote] = /^[^#]*(?:[:-][ \t]+)(["']?)$/.exec(line) ?? []
  return quote !== undefined && new RegExp(`^${quote}[ \\t\\r]*(?:\\n|$| #)`).test(after)
}

function isHard(value: string): boolean {
  return value.includes('\n') || (/: |:$| #/.test(value) && !/^[[{"'|>&*!]/.test(value))
}
