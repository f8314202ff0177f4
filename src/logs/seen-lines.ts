import type { LogLine } from '../core/provider/log-line.ts'

/**
 * Lines that are told apart one by one; older ones only by their time. Output and error output of a replica
 * overtake each other by a few.
 */
const WINDOW = 64

/**
 * Which lines of one replica a reader has had, so that a second look at its log repeats none and skips none.
 * A line is known by its timestamp; equal ones are counted.
 */
export class SeenLines {
  readonly #recent: string[] = []
  /** The newest timestamp that left the window. */
  #older = ''
  #newest: string | undefined
  #floor = ''
  #known = new Map<string, number>()
  #newestBefore = ''
  /**
   * A second look has passed all that was had: what comes now is new, even when the clock of the engine was
   * set back.
   */
  #isPast = true

  /** The newest timestamp had, or undefined. */
  get newest(): string | undefined {
    return this.#newest
  }

  /** A second look has come to lines that were not had: nothing that follows can be an old one. */
  get isPast(): boolean {
    return this.#isPast
  }

  /** Where a second look must begin to meet every line that could be missing. */
  get resumeAt(): string | undefined {
    return this.#recent.length === 0 ? undefined : this.#recent.reduce((a, b) => (a < b ? a : b))
  }

  /** The reader has had `lines`, in this order. */
  note(lines: readonly LogLine[]): void {
    const known = Math.max(0, lines.length - WINDOW)
    for (const [at, { timestamp }] of lines.entries()) {
      if (at >= known) this.#recent.push(timestamp)
      else if (timestamp > this.#older) this.#older = timestamp
      if (this.#newest === undefined || timestamp > this.#newest) this.#newest = timestamp
    }
    for (const left of this.#recent.splice(0, Math.max(0, this.#recent.length - WINDOW))) {
      if (left > this.#older) this.#older = left
    }
  }

  /** Earlier lines than those had so far are not wanted: they count as had. */
  ignoreEarlier(): void {
    this.#floor = this.resumeAt ?? this.#floor
  }

  /** Call before a second look: from now on `isNew` expects lines that were had already. */
  rewind(): void {
    this.#known = new Map()
    this.#newestBefore = this.#newest ?? ''
    this.#isPast = false
    for (const timestamp of this.#recent) this.#known.set(timestamp, (this.#known.get(timestamp) ?? 0) + 1)
  }

  /** Whether the line is one the reader has not had. Ask once for each line of a second look, in order. */
  isNew(line: LogLine): boolean {
    const count = this.#known.get(line.timestamp) ?? 0
    if (count > 0) {
      if (count === 1) this.#known.delete(line.timestamp)
      else this.#known.set(line.timestamp, count - 1)
      return false
    }
    if (line.timestamp > this.#newestBefore) this.#isPast = true
    return this.#isPast || (line.timestamp > this.#older && line.timestamp >= this.#floor)
  }
}
