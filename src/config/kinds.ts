import * as v from 'valibot'
import { parseDuration } from '../core/duration.ts'
import { parseMemoryBytes } from '../core/functions/resources.ts'

// What may stand in a variable, and what it means: one schema for each kind of setting. A message says what
// is wrong with the text and names the limit; `setting.ts` puts the variable and the text before it.

/** From the text of a variable to the value of a setting. */
export type Kind<T> = v.GenericSchema<string, T>

/** Where a listener binds. Port 0 takes any free one. */
export interface ListenAddress {
  readonly host: string
  readonly port: number
}

export const anyText: Kind<string> = v.string()

export const absolutePath: Kind<string> = v.pipe(v.string(), v.startsWith('/', 'must be an absolute path'))

export const flag: Kind<boolean> = v.pipe(
  v.string(),
  v.regex(/^(?:true|1|yes|on|false|0|no|off)$/i, 'is neither true nor false'),
  v.transform((text) => /^(?:true|1|yes|on)$/i.test(text)),
)

/** One of these words, in any case. */
export function oneOf<const Word extends string>(...words: readonly Word[]): Kind<Word> {
  return v.pipe(v.string(), v.toLowerCase(), v.picklist(words, `is not one of ${words.join(', ')}`))
}

/** Items separated by commas. */
export function list<T>(item: Kind<T>): Kind<readonly T[]> {
  return v.pipe(
    v.string(),
    v.transform((text) => text.split(',').map((part) => part.trim())),
    v.array(item),
    v.readonly(),
  )
}

/** A whole number within these bounds; `what` it is, for the message. */
export function whole(what: string, least: number, most: number): Kind<number> {
  const problem = `is not ${what} from ${least} to ${most}`
  return v.pipe(
    v.string(),
    v.regex(/^\d{1,9}$/, problem),
    v.transform(Number),
    v.minValue(least, problem),
    v.maxValue(most, problem),
  )
}

export const count = whole('a number', 1, 9_999_999)

/** 0 is any free port, or none: each setting says which. */
export const port = whole('a port', 0, 65_535)

export const address: Kind<ListenAddress> = v.pipe(
  v.string(),
  v.includes(':', 'is not HOST:PORT'),
  v.transform((text) => {
    const colon = text.lastIndexOf(':')
    return { host: text.slice(0, colon), port: text.slice(colon + 1) }
  }),
  v.object({ host: v.pipe(v.string(), v.transform(hostOf)), port }),
)

/** The same, or nowhere. */
export const addressOrOff: Kind<ListenAddress | 'off'> = v.pipe(
  v.string(),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    if (dataset.value.toLowerCase() === 'off') return 'off'
    const { success, output, issues } = v.safeParse(address, dataset.value)
    if (success) return output
    addIssue({ message: `${issues[0].message}, nor off` })
    return NEVER
  }),
)

/** Without the brackets of IPv6; an empty host means every address. */
function hostOf(text: string): string {
  return text.replace(/^\[(.*)\]$/, '$1') || '0.0.0.0'
}

/** A timer of Node takes no more: a longer one would ring at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** A duration such as `1m30s`, or whole seconds, in milliseconds. */
export const duration: Kind<number> = v.pipe(
  v.string(),
  readBy(parseDuration, 'is not a duration such as 30s, 1m30s or 500ms'),
  v.maxValue(LONGEST_TIMER_MS, 'is longer than 24 days'),
)

/** The same, of at most `most` milliseconds, which are `text`. */
export function durationUpTo(most: number, text: string): Kind<number> {
  return v.pipe(duration, v.maxValue(most, `is longer than ${text}`))
}

/** Bytes, from a quantity such as `64Ki`. */
const quantity = v.pipe(
  v.string(),
  readBy((text) => parseMemoryBytes('value', text), 'is not a quantity such as 65536, 64Ki or 8Mi'),
)

/** Bytes within these bounds. */
export function size(least: number, most: number): Kind<number> {
  const problem = `is not a size from ${least} to ${most} bytes`
  return v.pipe(quantity, v.minValue(least, problem), v.maxValue(most, problem))
}

/** Bytes, 0 for no limit. `64m` means thousandths of a byte, and is surely a mistake. */
export function sizeOrNone(least: number): Kind<number> {
  const problem = `is less than ${least / 2 ** 20}Mi`
  return v.pipe(
    quantity,
    v.check((bytes) => bytes === 0 || bytes >= least, problem),
  )
}

/** The step that `read` takes, which throws at what it cannot read: then `problem` says what it wants. */
function readBy<T>(read: (text: string) => T, problem: string): v.RawTransformAction<string, T> {
  return v.rawTransform(({ dataset, addIssue, NEVER }) => {
    try {
      return read(dataset.value)
    } catch {
      addIssue({ message: problem })
      return NEVER
    }
  })
}
