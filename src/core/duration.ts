import { quoted } from './quoted.ts'

/** Longest text that is looked at: everything that a person means by a duration is shorter. */
const LONGEST = 64

const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
}

const SECONDS = /^\d+$/

/** One number and its unit, read where the last one ended. */
const PART = /(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/y

/**
 * Go-style duration (`1m30s`, `500ms`) or whole seconds, in milliseconds. Throws a sentence on anything else:
 * a negative one, no text at all, more than 64 characters. It makes one pass over at most 64 characters,
 * because the text comes from clients, or from a registry that may hold what an older release accepted.
 */
export function parseDuration(text: string): number {
  if (text.length > LONGEST) {
    throw new Error(`${quoted(text, LONGEST)} is longer than ${LONGEST} characters, which no duration is`)
  }
  if (SECONDS.test(text)) return Number(text) * 1_000

  let ms = 0
  PART.lastIndex = 0
  while (PART.lastIndex < text.length) {
    const [, digits = '', unit = ''] = PART.exec(text) ?? []
    if (unit === '') throw notADuration(text)
    ms += Number(digits) * (UNIT_MS[unit] ?? 0)
  }
  if (text === '') throw notADuration(text)
  return ms
}

/** As settings are written: `60s`, `1m30s`, `500ms`. */
export function formatDuration(ms: number): string {
  if (ms < 1_000 || ms % 1_000 !== 0) return `${Math.round(ms)}ms`
  const seconds = ms / 1_000
  if (seconds < 120) return `${seconds}s`
  return `${Math.floor(seconds / 60)}m${seconds % 60 === 0 ? '' : `${seconds % 60}s`}`
}

function notADuration(text: string): Error {
  return new Error(`${quoted(text)} is not a duration such as 30s, 1m30s or 500ms`)
}
