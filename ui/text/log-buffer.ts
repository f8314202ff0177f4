/** One line of a log, as it is kept. */
export interface LogLine {
  readonly atMs: number
  /** Of the replica; empty for a mark of ours. */
  readonly instance: string
  readonly text: string
}

export const MAX_LINES = 100_000
export const MAX_BYTES = 20 * 1024 * 1024
/** Lines of a block, the unit in which old ones go. */
export const BLOCK = 200

/**
 * The lines that are kept, oldest first: at most `MAX_LINES`, or `MAX_BYTES` of text; beyond that the oldest block
 * goes. Two bytes a character are counted.
 */
export class LogBuffer {
  #blocks: LogLine[][] = []
  #bytes = 0
  #count = 0
  #dropped = 0

  get blocks(): readonly (readonly LogLine[])[] {
    return this.#blocks
  }

  get count(): number {
    return this.#count
  }

  /** Lines that went for want of room. */
  get dropped(): number {
    return this.#dropped
  }

  /** Returns how many blocks went from the front. */
  add(lines: readonly LogLine[]): number {
    for (const line of lines) {
      let last = this.#blocks.at(-1)
      if (last === undefined || last.length >= BLOCK) {
        last = []
        this.#blocks.push(last)
      }
      last.push(line)
      this.#bytes += line.text.length * 2
    }
    this.#count += lines.length
    return this.#trim()
  }

  clear(): void {
    this.#blocks = []
    this.#bytes = 0
    this.#count = 0
    this.#dropped = 0
  }

  *lines(): IterableIterator<LogLine> {
    for (const block of this.#blocks) yield* block
  }

  #trim(): number {
    let gone = 0
    while ((this.#count > MAX_LINES || this.#bytes > MAX_BYTES) && this.#blocks.length > 1) {
      const oldest = this.#blocks.shift() ?? []
      for (const line of oldest) this.#bytes -= line.text.length * 2
      this.#count -= oldest.length
      this.#dropped += oldest.length
      gone += 1
    }
    return gone
  }
}

/** What the search box means: `/…/` is a pattern, anything else is found as it stands, whatever its case. */
export function matcher(search: string): ((text: string) => boolean) | undefined {
  if (search === '') return () => true
  if (search.length > 2 && search.startsWith('/') && search.endsWith('/')) {
    try {
      const pattern = new RegExp(search.slice(1, -1), 'i')
      return (text) => pattern.test(text)
    } catch {
      return undefined
    }
  }
  const wanted = search.toLowerCase()
  return (text) => text.toLowerCase().includes(wanted)
}

/** Guessed from the words: there is no field for it. */
export const looksBad = (text: string): boolean =>
  /\b(error|fatal|panic|exception|traceback|warn(ing)?|critical|failed)\b|^\s+at /i.test(text.slice(0, 400))

/** Drops what a reader has seen already when a stream is read again from the last time. */
export class SeenLines {
  #recent: LogLine[] = []
  readonly #again = new Map<string, number>()
  #atMs = 0

  /** The time to read again from, epoch milliseconds; 0 before the first line. */
  get atMs(): number {
    return this.#atMs
  }

  /** The stream begins anew at `atMs`: each of the last lines may come once more. */
  reconnected(): void {
    this.#again.clear()
    for (const line of this.#recent) {
      const key = keyOf(line)
      this.#again.set(key, (this.#again.get(key) ?? 0) + 1)
    }
  }

  isNew(line: LogLine): boolean {
    const key = keyOf(line)
    const expected = this.#again.get(key) ?? 0
    if (expected > 0) {
      this.#again.set(key, expected - 1)
      return false
    }
    this.#atMs = Math.max(this.#atMs, line.atMs)
    this.#recent.push(line)
    if (this.#recent.length >= 4000) this.#recent = this.#recent.slice(-2000)
    return true
  }
}

const keyOf = ({ atMs, instance, text }: LogLine): string => `${atMs} ${instance} ${text}`
