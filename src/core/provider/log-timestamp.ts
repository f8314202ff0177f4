/**
 * Times of log lines are text, RFC 3339 in UTC with nine digits, as Docker writes them: nanoseconds do not
 * fit a number, and text of one length compares as time does.
 */

const EXACT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/
const ANY = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/

/** Earlier than every line. */
export const FIRST_TIMESTAMP = '0000-00-00T00:00:00.000000000Z'

/** `text` in our form, or null when it is no time. Other engines write fewer digits or a zone. */
export function readTimestamp(text: string): string | null {
  if (EXACT.test(text)) return text
  const parts = ANY.exec(text)
  if (parts === null) return null
  const [, seconds = '', digits = '', zone = 'Z'] = parts
  const ms = Date.parse(`${seconds}${zone}`)
  if (Number.isNaN(ms)) return null
  return `${new Date(ms).toISOString().slice(0, 19)}.${digits.padEnd(9, '0')}Z`
}

/** Milliseconds since the epoch (0 and up) as a timestamp. */
export function timestampOf(ms: number): string {
  return new Date(Math.min(Math.max(ms, 0), 253_402_300_799_999)).toISOString().replace('Z', '000000Z')
}

/** Milliseconds since the epoch, rounded down. */
export function millisecondsOf(timestamp: string): number {
  return Date.parse(`${timestamp.slice(0, 23)}Z`)
}
