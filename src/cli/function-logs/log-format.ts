import { goJson } from '../output/go-json.ts'
import { formatGoTime, layoutOf, readGoTime } from '../output/go-time.ts'
import type { LogRecord } from './log-record.ts'

export interface LogForm {
  readonly output: string
  /** A layout of Go, or the name of one; empty: no time. */
  readonly timeFormat: string
  readonly withName: boolean
  readonly withInstance: boolean
}

/** A record as a line, without its end (cli.md 3.11). */
export function formatRecord(record: LogRecord, form: LogForm): string {
  if (form.output === 'json') return json(record)
  return form.output === 'keyvalue' ? keyValue(record, form) : plain(record, form)
}

function plain(record: LogRecord, { timeFormat, withName, withInstance }: LogForm): string {
  const words = [
    ...(timeFormat === '' ? [] : [timeOf(record, timeFormat)]),
    ...(withName ? [record.name] : []),
    ...(withInstance ? [`(${record.instance})`] : []),
    record.text,
  ]
  return withoutEnd(words.join(' '))
}

function keyValue(record: LogRecord, { timeFormat, withName, withInstance }: LogForm): string {
  const pairs = [
    ...(timeFormat === '' ? [] : [['timestamp', timeOf(record, timeFormat)]]),
    ...(withName ? [['name', record.name]] : []),
    ...(withInstance ? [['instance', record.instance]] : []),
    ['text', withoutEnd(record.text)],
  ]
  return pairs.map(([key, text]) => `${key}="${text}" `).join('')
}

/** As Go writes it again: fields in its order, zeros at the end of the time left out. */
function json(record: LogRecord): string {
  const { name, namespace, instance, text } = record
  return goJson({ name, namespace, instance, timestamp: timeOf(record, 'rfc3339nano'), text }, 0)
}

function timeOf({ timestamp }: LogRecord, format: string): string {
  const time = readGoTime(timestamp)
  return time === null ? timestamp : formatGoTime(time, layoutOf(format))
}

function withoutEnd(text: string): string {
  return text.replace(/\n+$/, '')
}
