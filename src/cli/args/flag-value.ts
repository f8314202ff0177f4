import { parseDuration } from '../../core/duration.ts'
import { messageOf } from '../../core/errors.ts'
import { type CliError, usageError } from '../cli-error.ts'
import type { FlagSpec } from './command.ts'

const TRUE: ReadonlySet<string> = new Set(['1', 't', 'T', 'true', 'TRUE', 'True'])
const FALSE: ReadonlySet<string> = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False'])

const WHOLE = /^[+-]?\d{1,15}$/

/** What a handler gets for the texts of a flag, none or several. Throws `CliError`. */
export function readFlagValue(name: string, spec: FlagSpec, texts: readonly string[]): unknown {
  if (spec.kind === 'list') return texts
  const text = texts.at(-1)
  if (text === undefined) return spec.default ?? emptyOf(spec)
  switch (spec.kind) {
    case 'string':
      if (spec.oneOf !== undefined && !spec.oneOf.includes(text))
        throw bad(name, text, `it is one of ${spec.oneOf.filter((one) => one !== '').join(', ')}`)
      return text
    case 'bool':
      if (TRUE.has(text)) return true
      if (FALSE.has(text)) return false
      throw bad(name, text, 'it is true or false')
    case 'int':
      if (!WHOLE.test(text)) throw bad(name, text, 'it is a whole number')
      return Number(text)
    case 'duration':
      return durationOf(name, text)
  }
}

/** As Go reads it: a number alone has no unit, which faas-cli refuses, except nothing. */
function durationOf(name: string, text: string): number {
  if (/^\d+$/.test(text) && text !== '0')
    throw bad(name, text, 'missing unit in duration, such as 30s or 1m30s')
  try {
    return parseDuration(text)
  } catch (error) {
    throw bad(name, text, messageOf(error))
  }
}

function emptyOf({ kind }: FlagSpec): unknown {
  return kind === 'bool' ? false : kind === 'string' ? '' : 0
}

function bad(name: string, text: string, why: string): CliError {
  return usageError(`invalid argument "${text}" for "--${name}" flag: ${why}`)
}
