import type { LogLine } from '../core/provider/log-line.ts'

/** A log that can be read once, in the order of time. */
export interface LogSource {
  /** No line of it is earlier. It is not opened before that time has come. */
  readonly startsAt: string
  open(): AsyncIterable<readonly LogLine[]>
}

const MOST_LINES = 256
const MOST_CHARACTERS = 64 * 1024

/**
 * Lines of all sources in the order of time, in small batches. Holds one batch of each source that is open.
 */
export async function* mergeByTime(sources: readonly LogSource[]): AsyncGenerator<readonly LogLine[], void> {
  const waiting = sources.toSorted((a, b) => (a.startsAt < b.startsAt ? -1 : 1))
  const open: Cursor[] = []
  let batch: LogLine[] = []
  let characters = 0
  try {
    for (;;) {
      let first = earliest(open)
      while (waiting[0] !== undefined && (first === undefined || waiting[0].startsAt <= timeOf(first))) {
        const cursor = await Cursor.open(waiting[0])
        waiting.shift()
        if (!cursor.isDone) open.push(cursor)
        first = earliest(open)
      }
      if (first === undefined) break
      const line = first.line
      if (line !== undefined) {
        batch.push(line)
        characters += line.text.length
      }
      if (batch.length >= MOST_LINES || characters >= MOST_CHARACTERS) {
        yield batch
        batch = []
        characters = 0
      }
      const refilling = first.advance()
      if (refilling !== null) await refilling
      if (first.isDone) open.splice(open.indexOf(first), 1)
    }
    yield batch
  } finally {
    await Promise.all(open.map((cursor) => cursor.close()))
  }
}

function earliest(cursors: readonly Cursor[]): Cursor | undefined {
  let first = cursors[0]
  for (const cursor of cursors) {
    if (first !== undefined && timeOf(cursor) < timeOf(first)) first = cursor
  }
  return first
}

function timeOf(cursor: Cursor): string {
  return cursor.line?.timestamp ?? ''
}

/** A place in one source. */
class Cursor {
  readonly #batches: AsyncIterator<readonly LogLine[]>
  #batch: readonly LogLine[] = []
  #at = 0
  isDone = false

  private constructor(source: LogSource) {
    this.#batches = source.open()[Symbol.asyncIterator]()
  }

  static async open(source: LogSource): Promise<Cursor> {
    const cursor = new Cursor(source)
    await cursor.#refill()
    return cursor
  }

  get line(): LogLine | undefined {
    return this.#batch[this.#at]
  }

  /** Null while the batch lasts: no turn of the event loop for a line. */
  advance(): Promise<void> | null {
    this.#at += 1
    return this.#at < this.#batch.length ? null : this.#refill()
  }

  async close(): Promise<void> {
    await this.#batches.return?.()
  }

  async #refill(): Promise<void> {
    this.#at = 0
    do {
      const { done, value } = await this.#batches.next()
      this.isDone = done === true
      this.#batch = this.isDone ? [] : value
    } while (!this.isDone && this.#batch.length === 0)
  }
}
