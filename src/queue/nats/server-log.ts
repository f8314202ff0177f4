import type { Clock } from '../../clock.ts'
import type { Log, LogLevel } from '../../log.ts'
import { shortened } from '../../core/quoted.ts'

/** Of one line. */
const LONGEST_LINE = 1_000
/** Lines of warnings and errors in one span of time; the others are counted. */
const MOST_LINES = 20
const SPAN_MS = 10_000
/** What is kept to say why a server ended. */
const KEPT_COMPLAINTS = 3

const LEVELS: Readonly<Record<string, LogLevel>> = { WRN: 'warn', ERR: 'warn', FTL: 'error' }
/** The file with the password is for this user alone, and a hash would cost at every connection. */
const EXPECTED = 'Plaintext passwords detected'

/** Takes what our nats-server writes, and puts it into the daemon's log: no more of it than anybody reads. */
export class ServerLog {
  readonly #clock: Clock
  readonly #log: Log
  #rest = ''
  #spanEndMs = Number.NEGATIVE_INFINITY
  #written = 0
  #leftOut = 0
  readonly #complaints: string[] = []
  readonly #onError: (text: string) => void

  /** `onError` is told of each of its warnings and errors. */
  constructor(clock: Clock, log: Log, onError: (text: string) => void = () => {}) {
    this.#onError = onError
    this.#clock = clock
    this.#log = log
  }

  /** Its last errors, the newest last: why it ended. */
  get complaints(): readonly string[] {
    return this.#complaints
  }

  take(text: string): void {
    const lines = (this.#rest + text).split('\n')
    // A line without an end is cut, not kept.
    this.#rest = (lines.pop() ?? '').slice(0, LONGEST_LINE)
    for (const line of lines) this.#takeLine(line)
  }

  /** What has no line end yet is a line, too; and what was left out is said. */
  end(): void {
    this.take('\n')
    this.#sayLeftOut()
  }

  #takeLine(line: string): void {
    // Its line: process, level, text. Anything else comes from Go's runtime, or from what could not be
    // started.
    const parts = /^\[\d+\] \[(\w{3})\] (.*)$/.exec(line)
    const text = shortened((parts?.[2] ?? line).trim(), LONGEST_LINE)
    const level = parts === null ? 'warn' : (LEVELS[parts[1] ?? ''] ?? 'debug')
    if (text === '' || text.startsWith(EXPECTED)) return
    if (level === 'debug') return this.#log.debug('nats-server', { line: text })
    this.#complaints.push(text)
    if (this.#complaints.length > KEPT_COMPLAINTS) this.#complaints.shift()
    this.#onError(text)
    this.#write(level, text)
  }

  #write(level: LogLevel, text: string): void {
    if (this.#clock.now() >= this.#spanEndMs) {
      this.#sayLeftOut()
      this.#spanEndMs = this.#clock.now() + SPAN_MS
      this.#written = 0
    }
    this.#written += 1
    if (this.#written > MOST_LINES) this.#leftOut += 1
    else this.#log[level === 'error' ? 'error' : 'warn']('nats-server', { line: text })
  }

  #sayLeftOut(): void {
    if (this.#leftOut > 0) this.#log.warn('nats-server lines left out', { count: this.#leftOut })
    this.#leftOut = 0
  }
}
