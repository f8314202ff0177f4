import { LOG_LEVELS, type Log, type LogFields, type LogLevel } from '../../src/log.ts'

export interface RecordedLine {
  readonly level: LogLevel
  readonly message: string
  readonly fields: LogFields
}

/** Keeps every line for a test to look at. */
export class RecordingLog implements Log {
  readonly lines: RecordedLine[]
  readonly #bound: LogFields

  constructor(lines: RecordedLine[] = [], bound: LogFields = {}) {
    this.lines = lines
    this.#bound = bound
  }

  error(message: string, fields?: LogFields): void {
    this.#add('error', message, fields)
  }

  warn(message: string, fields?: LogFields): void {
    this.#add('warn', message, fields)
  }

  info(message: string, fields?: LogFields): void {
    this.#add('info', message, fields)
  }

  debug(message: string, fields?: LogFields): void {
    this.#add('debug', message, fields)
  }

  record(message: string, fields?: LogFields): void {
    this.#add('info', message, fields)
  }

  enabled(level: LogLevel): boolean {
    return LOG_LEVELS.includes(level)
  }

  child(fields: LogFields): Log {
    return new RecordingLog(this.lines, { ...this.#bound, ...fields })
  }

  /** The messages of one level, in order. */
  messages(level: LogLevel): readonly string[] {
    return this.lines.filter((line) => line.level === level).map(({ message }) => message)
  }

  /** The lines with this message. */
  named(message: string): readonly RecordedLine[] {
    return this.lines.filter((line) => line.message === message)
  }

  #add(level: LogLevel, message: string, fields: LogFields = {}): void {
    this.lines.push({ level, message, fields: { ...this.#bound, ...fields } })
  }
}
