import { CliError } from '../cli-error.ts'
import type { StackFunction } from './stack-file.ts'

/** The flags `--filter` and `--regex` (cli.md 1.4). */
export interface Selection {
  readonly filter: string
  readonly regex: string
}

/** The functions that are meant, in the order of the file. Throws `CliError` for none, and for both flags together. */
export function selectFunctions(
  functions: readonly StackFunction[],
  { filter, regex }: Selection,
): readonly StackFunction[] {
  if (filter === '' && regex === '') return functions
  if (filter !== '' && regex !== '') throw new CliError('pass in a regex or a filter, not both')
  const wanted = regex === '' ? globOf(filter) : expressionOf(regex)
  const found = functions.filter(({ name }) => wanted.test(name))
  if (found.length > 0) return found
  throw new CliError('no functions matching --filter/--regex were found in the YAML file', {
    hint: `It has: ${functions.map(({ name }) => name).join(', ') || 'no functions at all'}`,
  })
}

/** Only the star is special. */
function globOf(filter: string): RegExp {
  const parts = filter.split(/\*+/).map((part) => part.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`, 's')
}

function expressionOf(regex: string): RegExp {
  // Go's spelling of a named group is a newer one here.
  const text = regex.replaceAll('(?P<', '(?<')
  // Switches of the whole expression, which Go writes in front of it.
  const [, flags = '', rest = ''] = /^(?:\(\?([ims]+)\))?([^]*)$/.exec(text) ?? []
  try {
    return new RegExp(rest, flags)
  } catch (error) {
    throw new CliError(`--regex ${regex} is no regular expression: ${(error as Error).message}`, {
      cause: error,
    })
  }
}
