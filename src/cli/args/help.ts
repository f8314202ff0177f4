import { GLOBAL_FLAGS } from '../global-flags.ts'
import type { AnyCommand, FlagSpec } from './command.ts'
import { wrapped } from './wrap.ts'

export interface Group {
  readonly name: string
  readonly aliases: readonly string[]
  readonly summary: string
}

/** Narrower than this, lines are broken by the terminal and not by us. */
const NARROWEST = 40

/** What `sampan help COMMAND` shows. */
export function helpOf(command: AnyCommand, width: number): string {
  const { path, arguments: args, summary, details, examples = [], aliases = [], flags } = command
  const line = ['sampan', ...path, args.usage, '[flags]'].filter((word) => word !== '').join(' ')
  const blocks = [sentence(summary), `Usage:\n  ${line}`]
  if (details !== undefined) blocks.splice(1, 0, ...paragraphs(details, width))
  if (aliases.length > 0) blocks.push(`Aliases:\n  ${[path.at(-1), ...aliases].join(', ')}`)
  if (examples.length > 0) blocks.push(`Examples:\n${examples.map((example) => `  ${example}`).join('\n')}`)
  const own = flagLines(flags, width)
  if (own !== '') blocks.push(`Flags:\n${own}`)
  blocks.push(`Flags of every command:\n${flagLines(GLOBAL_FLAGS, width)}`)
  return blocks.join('\n\n')
}

/** Commands with a line each: all of them, or those of a group. */
export function overview(shown: {
  readonly commands: readonly AnyCommand[]
  readonly groups: readonly Group[]
  readonly of: string | null
  readonly width: number
}): string {
  const { commands, groups, of, width } = shown
  const seen = commands.filter(({ isHidden }) => isHidden !== true)
  const rows =
    of === null
      ? [
          ...seen
            .filter(({ path }) => path.length === 1)
            .map((one) => [one.path.join(' '), one.summary] as const),
          ...groups.map(({ name, summary }) => [name, summary] as const),
        ].toSorted(([a], [b]) => a.localeCompare(b))
      : seen
          .filter(({ path }) => path[0] === of && path.length > 1)
          .map((one) => [one.path.slice(1).join(' '), one.summary] as const)
  const title =
    of === null
      ? 'Functions on a machine of your own.'
      : sentence(groups.find(({ name }) => name === of)?.summary ?? '')
  const usage = `Usage:\n  sampan ${of === null ? '' : `${of} `}COMMAND [flags]`
  const more = `More on one of them: sampan help ${of === null ? '' : `${of} `}COMMAND`
  return [title, usage, `Commands:\n${table(rows, width)}`, more].join('\n\n')
}

function flagLines(flags: Readonly<Record<string, FlagSpec>>, width: number): string {
  const rows = Object.entries(flags)
    .filter(([, { isHidden }]) => isHidden !== true)
    .map(([name, spec]) => [nameOf(name, spec), helpText(spec)] as const)
  return table(rows, width)
}

/** A flag as the help writes it. */
export function nameOf(name: string, { short, kind, value }: FlagSpec): string {
  const start = short === undefined ? '    ' : `-${short}, `
  return `${start}--${name}${kind === 'bool' ? '' : ` ${value ?? kind.toUpperCase()}`}`
}

/** What a flag does, and what it is when it is not given. */
export function helpText(spec: FlagSpec): string {
  const shown =
    spec.kind === 'duration' && typeof spec.default === 'number' ? `${spec.default / 1_000}s` : spec.default
  const usual = shown === undefined || shown === '' || shown === false ? '' : ` (default ${String(shown)})`
  const often = spec.kind === 'list' ? ' (may be given several times)' : ''
  return `${spec.help}${often}${usual}`
}

function table(rows: readonly (readonly [string, string])[], width: number): string {
  const left = Math.min(30, Math.max(0, ...rows.map(([name]) => name.length)))
  const room = Math.max(NARROWEST, width) - left - 4
  return rows
    .flatMap(([name, text]) => {
      const lines = wrapped(text, Math.max(20, room))
      const isLong = name.length > left
      const first = isLong ? [`  ${name}`] : [`  ${name.padEnd(left)}  ${lines[0] ?? ''}`.trimEnd()]
      const rest = (isLong ? lines : lines.slice(1)).map((line) => `  ${' '.repeat(left)}  ${line}`)
      return [...first, ...rest]
    })
    .join('\n')
}

function paragraphs(text: string, width: number): readonly string[] {
  return text.split('\n\n').map((paragraph) => wrapped(paragraph, Math.max(NARROWEST, width)).join('\n'))
}

/** With a capital and a full stop. */
export function sentence(summary: string): string {
  return `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`
}
