import * as v from 'valibot'
import { quoted } from '../core/quoted.ts'
import type { Kind } from './kinds.ts'

/** The text of a variable, or none, to the value of a setting. Its metadata name the variable. */
export type Setting<T> = v.GenericSchema<string | null | undefined, T>

/** A setting that is `fallback` when `variable` is unset. */
export function setting<T>(variable: string, fallback: string, kind: Kind<T>): Setting<T> {
  return v.pipe(v.nullish(kind, fallback), v.metadata({ variable }))
}

/** One of which no text says what it is when `variable` is unset. */
export function settingOr<T>(variable: string, unset: NoInfer<T>, kind: Kind<T>): Setting<T> {
  return v.pipe(
    v.nullish(kind, null),
    v.transform((value) => value ?? unset),
    v.metadata({ variable }),
  )
}

/** One that is null when `variable` is unset. */
export function settingOrNull<T>(variable: string, kind: Kind<T>): Setting<T | null> {
  return v.pipe(v.nullish(kind, null), v.metadata({ variable }))
}

/** The variable that a setting is read from. */
export function variableOf(schema: Setting<unknown>): string {
  return String(v.getMetadata(schema)['variable'])
}

/** A line for a person: the variable, the text or the part of it that is wrong, what is wrong with it. */
export function complaint(
  issue: v.BaseIssue<unknown>,
  settings: Readonly<Record<string, Setting<unknown>>>,
): string {
  const path = issue.path ?? []
  const field = String(path[0]?.key)
  const schema = settings[field]
  const text = path.map(({ value }) => value).findLast((value) => typeof value === 'string')
  return `${schema === undefined ? field : variableOf(schema)}: ${quoted(text ?? '')} ${issue.message}`
}
