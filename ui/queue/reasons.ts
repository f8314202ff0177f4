import { DASH } from '../text/format.ts'

/** Why a call was given up, as the API names it and as the page does. */
export const REASONS: readonly (readonly [string, string])[] = [
  ['', 'any reason'],
  ['attempts_exhausted', 'all tries failed'],
  ['interrupted', 'interrupted'],
  ['expired', 'expired'],
  ['function_not_found', 'no such function'],
  ['body_lost', 'body lost'],
  ['undecodable', 'undecodable'],
  ['callback', 'callback'],
]

export const reasonWord = (reason: string | undefined): string =>
  REASONS.find(([key]) => key === reason)?.[1] ?? reason ?? DASH
