import type { LogLine } from '../core/provider/log-line.ts'

/** Roughly what a line costs beside its text. */
const LINE_OVERHEAD_BYTES = 100

/** What a reader gets: lines from its position on. */
export interface RingSlice {
  readonly lines: readonly LogLine[]
  /** Where to read on. */
  readonly next: number
  /** Lines that were pushed out before the reader came. */
  readonly missed: number
}

/**
 * The newest lines, numbered in the order of their arrival and bounded in number and bytes. Readers keep a
 * number, not lines.
 */
export class LogRing {
  readonly #mostLines: number
  readonly #mostBytes: number
  #lines: LogLine[] = []
  /** Lines at the front of `#lines` that are out already; they are cut off in bulk. */
  #dropped = 0
  #droppedBytes = 0
  #first = 0
  #bytes = 0
  #newestOut = ''

  constructor(bounds: { readonly lines: number; readonly bytes: number }) {
    this.#mostLines = bounds.lines
    this.#mostBytes = bounds.bytes
  }

  /** Number of the oldest line. */
  get first(): number {
    return this.#first
  }

  /** Number of the line that comes next. */
  get next(): number {
    return this.#first + this.#lines.length - this.#dropped
  }

  /** The newest timestamp that was pushed out; empty when none was. */
  get newestOut(): string {
    return this.#newestOut
  }

  /** What `first` will be when `lines` are in: readers before that will miss some. */
  firstAfter(lines: readonly LogLine[]): number {
    let first = this.#first
    let count = this.next - first + lines.length
    let bytes = lines.reduce((sum, line) => sum + sizeOf(line), this.#bytes)
    while (first < this.next && (count > this.#mostLines || bytes > this.#mostBytes)) {
      bytes -= sizeOf(this.#at(first))
      count -= 1
      first += 1
    }
    return first
  }

  append(line: LogLine): void {
    this.#lines.push(line)
    this.#bytes += sizeOf(line)
    // The line itself always fits.
    while (
      this.next - this.#first > 1 &&
      (this.next - this.#first > this.#mostLines || this.#bytes > this.#mostBytes)
    ) {
      const out = this.#at(this.#first)
      this.#bytes -= sizeOf(out)
      this.#droppedBytes += sizeOf(out)
      if (out !== undefined && out.timestamp > this.#newestOut) this.#newestOut = out.timestamp
      this.#dropped += 1
      this.#first += 1
    }
    if (this.#dropped < this.#mostLines && this.#droppedBytes < this.#mostBytes) return
    this.#lines = this.#lines.slice(this.#dropped)
    this.#dropped = 0
    this.#droppedBytes = 0
  }

  /** The last lines before number `to` that are still there, `most` of them at most. */
  before(to: number, most: number): readonly LogLine[] {
    const end = Math.max(to, this.#first) - this.#first + this.#dropped
    return this.#lines.slice(Math.max(this.#dropped, end - most), end)
  }

  /** Lines from number `from` to before `to`: as many as `most` allows, and one at least if there is one. */
  read(from: number, to: number, most: { readonly lines: number; readonly bytes: number }): RingSlice {
    const start = Math.max(from, this.#first)
    const at = start - this.#first + this.#dropped
    const last = Math.min(this.#lines.length, to - this.#first + this.#dropped)
    let end = at
    for (let bytes = 0; end < last && end - at < most.lines && bytes < most.bytes; end += 1) {
      bytes += sizeOf(this.#lines[end])
    }
    const lines = this.#lines.slice(at, end)
    return { lines, next: start + lines.length, missed: start - from }
  }

  #at(number: number): LogLine | undefined {
    return this.#lines[number - this.#first + this.#dropped]
  }
}

function sizeOf(line: LogLine | undefined): number {
  return line === undefined ? 0 : line.text.length * 2 + LINE_OVERHEAD_BYTES
}
