import type { FunctionName } from '../../../core/functions/function-name.ts'
import type { LogQuery } from '../../../core/provider/log-line.ts'
import { saysYes } from '../request-values.ts'

/** Parameters of `GET /system/logs` as they came; empty when absent. */
export interface LogParameters {
  readonly tail: string
  readonly since: string
  readonly instance: string
  readonly follow: string
}

/** A parameter that cannot be read; the route answers 422 (http-api 6.10). */
export class UnreadableParameter extends Error {}

/**
 * The query for these parameters. Without `since` it covers the whole kept history; without `tail`, or with a
 * value below 1, all lines of it.
 */
export function logQuery(fn: FunctionName, parameters: LogParameters): LogQuery {
  const tail = tailOf(parameters.tail)
  const sinceMs = sinceOf(parameters.since)
  return {
    fn,
    follow: saysYes(parameters.follow),
    ...(parameters.instance === '' ? {} : { instance: parameters.instance }),
    ...(tail === undefined ? {} : { tail }),
    ...(sinceMs === undefined ? {} : { sinceMs }),
  }
}

function tailOf(text: string): number | undefined {
  if (text === '') return undefined
  if (!/^[+-]?\d{1,18}$/.test(text)) throw new UnreadableParameter('tail: must be a whole number')
  const lines = Number(text)
  return lines > 0 ? Math.min(lines, Number.MAX_SAFE_INTEGER) : undefined
}

/** RFC 3339 with up to nanoseconds, as Go writes and reads it. */
const RFC_3339 = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/

function sinceOf(text: string): number | undefined {
  if (text === '') return undefined
  const ms = timeOf(text)
  if (ms !== null) return ms
  throw new UnreadableParameter('since: must be a time as in RFC 3339, such as 2026-01-02T15:04:05Z')
}

/** Milliseconds since the epoch; null for what is no time as in RFC 3339. */
export function timeOf(text: string): number | null {
  // An unescaped plus sign of an offset has become a space in the query.
  const match = RFC_3339.exec(text.replace(' ', '+'))
  const [, seconds = '', fraction = '', zone = ''] = match ?? []
  const ms = match === null ? Number.NaN : Date.parse(seconds + zone)
  return Number.isNaN(ms) ? null : ms + Number(`0${fraction}`) * 1_000
}
