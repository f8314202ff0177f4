/** Levels, from the quietest to the loudest. */
export const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** Data of a line. Usual names: `fn ns replica callId ms err`. Secrets and bodies never. */
export type LogFields = Readonly<Record<string, unknown>>

/** One JSON object per line. Messages are constant, lower-case; what varies goes into fields. */
export interface Log {
  /** An operator should act. */
  error(message: string, fields?: LogFields): void
  /** Something failed and we coped. */
  warn(message: string, fields?: LogFields): void
  /** State changed. */
  info(message: string, fields?: LogFields): void
  /** Per call or per round. */
  debug(message: string, fields?: LogFields): void
  /** For what must be on record: a line of level `info` that is written whatever the configured level. */
  record(message: string, fields?: LogFields): void
  /** Whether a line of this level would be written: ask before building costly fields. */
  enabled(level: LogLevel): boolean
  /** A log that adds `fields` to each line. */
  child(fields: LogFields): Log
}

/** Writes lines of `level` and worse through `write`, one call per line, line end included. */
export function jsonLog(level: LogLevel, write: (line: string) => void, bound: LogFields = {}): Log {
  const limit = LOG_LEVELS.indexOf(level)
  const put = (at: LogLevel, message: string, fields?: LogFields) =>
    write(`${stringify({ time: new Date().toISOString(), level: at, msg: message, ...bound, ...fields })}\n`)
  const line = (at: LogLevel) => (message: string, fields?: LogFields) => {
    if (LOG_LEVELS.indexOf(at) <= limit) put(at, message, fields)
  }
  return {
    error: line('error'),
    warn: line('warn'),
    info: line('info'),
    debug: line('debug'),
    record: (message, fields) => put('info', message, fields),
    enabled: (at) => LOG_LEVELS.indexOf(at) <= limit,
    child: (fields) => jsonLog(level, write, { ...bound, ...fields }),
  }
}

/** To standard output, which a service manager collects. */
export function stdoutLog(level: LogLevel): Log {
  return jsonLog(level, (line) => process.stdout.write(line))
}

/**
 * Characters that JSON does not escape but that are no plain text: control characters beyond ASCII (U+009B
 * steers a terminal as ESC does), other line ends, and marks that change the direction of writing. Clients
 * and functions choose the text of some fields.
 */
const UNSAFE = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

function stringify(fields: LogFields): string {
  const text = JSON.stringify(fields, (_key, value: unknown) => {
    if (value instanceof Error) return describe(value)
    return typeof value === 'bigint' ? String(value) : value
  })
  return text.replace(UNSAFE, (unsafe) => `\\u${unsafe.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

function describe(error: Error): string {
  const text = error.stack ?? error.message
  return error.cause instanceof Error ? `${text}\ncaused by: ${describe(error.cause)}` : text
}
