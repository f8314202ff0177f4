import { FaasError } from '../../../core/errors.ts'
import type { LogLine } from '../../../core/provider/log-line.ts'
import { FIRST_TIMESTAMP, millisecondsOf, readTimestamp } from '../../../core/provider/log-timestamp.ts'

/**
 * Bytes of the engine's log stream to lines. Containers without a terminal send frames (Engine API,
 * ContainerAttach): one byte for the stream, three zeros, four for the length, and the payload. A terminal's
 * stream is raw. A message is not a line: Docker cuts lines at 16 KiB, each part with its own timestamp, and
 * only the last part has a line end.
 */

const HEADER_BYTES = 8
/** Longer lines are split. */
export const MOST_LINE_BYTES = 1024 * 1024
const MOST_FRAME_BYTES = 2 * MOST_LINE_BYTES
/**
 * Docker's copy buffer: a part of this size goes on in the next one. Replaced bytes can make it larger, never
 * smaller.
 */
const PART_BYTES = 16 * 1024
/**
 * A shorter part without line end is what a dying process left; only other engines go on after one, and at
 * once.
 */
const SAME_LINE_MS = 100
const LINE_END = 0x0a
const RETURN = 0x0d
const SPACE = 0x20

/** A line that has begun. */
interface OpenLine {
  timestamp: string
  lastPart: string
  parts: Buffer[]
  size: number
  isCut: boolean
}

export class LogDecoder {
  /** Messages seen so far: what Docker's `tail` counts. */
  messages = 0
  readonly #instance: string
  readonly #open = new Map<number, OpenLine>()
  #rest: Buffer = Buffer.alloc(0)
  #isFramed: boolean | null = null
  #lastTimestamp = FIRST_TIMESTAMP

  constructor(instance: string) {
    this.#instance = instance
  }

  /** The lines that `chunk` completes. Throws `bad-gateway` when it is no log stream. */
  push(chunk: Buffer): LogLine[] {
    if (chunk.length === 0) return []
    // Framed streams begin with a stream number below 4, raw ones with the year.
    this.#isFramed ??= (chunk[0] ?? 0) < 4
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    const lines: LogLine[] = []
    if (this.#isFramed) this.#takeFrames(lines)
    else this.#takeRawLines(lines)
    return lines
  }

  /** What is left when the stream ends: lines that never got their end. */
  end(): LogLine[] {
    const lines: LogLine[] = []
    if (this.#isFramed === false && this.#rest.length > 0) this.#takeRawLine(this.#rest, lines)
    for (const stream of this.#open.keys()) this.#close(stream, lines)
    return lines
  }

  #takeFrames(lines: LogLine[]): void {
    let at = 0
    while (this.#rest.length - at >= HEADER_BYTES) {
      const length = this.#rest.readUInt32BE(at + 4)
      if (length > MOST_FRAME_BYTES) throw new FaasError('bad-gateway', 'Docker sent a malformed log stream')
      const end = at + HEADER_BYTES + length
      if (end > this.#rest.length) break
      this.#takeMessage(this.#rest[at] ?? 0, this.#rest.subarray(at + HEADER_BYTES, end), lines)
      at = end
    }
    this.#rest = this.#rest.subarray(at)
  }

  #takeRawLines(lines: LogLine[]): void {
    let at = 0
    for (;;) {
      const end = this.#rest.indexOf(LINE_END, at)
      if (end < 0) break
      this.#takeRawLine(this.#rest.subarray(at, end + 1), lines)
      at = end + 1
    }
    this.#rest = this.#rest.subarray(at)
    if (this.#rest.length < MOST_LINE_BYTES) return
    this.#takeRawLine(this.#rest, lines)
    this.#rest = Buffer.alloc(0)
  }

  /**
   * Parts follow each other without a border here: the next one's timestamp stands where this one's text is
   * full.
   */
  #takeRawLine(line: Buffer, lines: LogLine[]): void {
    let rest = line
    for (;;) {
      const cut = textOf(rest).start + PART_BYTES
      if (rest.length <= cut || textOf(rest.subarray(cut)).timestamp === null) break
      this.#takeMessage(0, rest.subarray(0, cut), lines)
      rest = rest.subarray(cut)
    }
    this.#takeMessage(0, rest, lines)
  }

  #takeMessage(stream: number, message: Buffer, lines: LogLine[]): void {
    this.messages += 1
    const { timestamp, start } = textOf(message)
    if (timestamp !== null) this.#lastTimestamp = timestamp
    const text = message.subarray(start)
    const isWhole = text.at(-1) === LINE_END

    let open = this.#open.get(stream)
    if (open !== undefined && !goesOn(open, this.#lastTimestamp)) {
      this.#close(stream, lines)
      open = undefined
    }
    if (open === undefined && isWhole) {
      lines.push(this.#line(this.#lastTimestamp, text))
      return
    }
    this.#extend(stream, text)
    const size = this.#open.get(stream)?.size ?? 0
    if (isWhole || size >= MOST_LINE_BYTES) this.#close(stream, lines)
  }

  #extend(stream: number, text: Buffer): void {
    const open = this.#open.get(stream) ?? newLine(this.#lastTimestamp)
    this.#open.set(stream, open)
    // A copy: the chunk that holds this part must not stay in memory for it.
    open.parts.push(Buffer.from(text))
    open.size += text.length
    open.lastPart = this.#lastTimestamp
    open.isCut = text.length >= PART_BYTES
  }

  #close(stream: number, lines: LogLine[]): void {
    const open = this.#open.get(stream)
    this.#open.delete(stream)
    if (open !== undefined) lines.push(this.#line(open.timestamp, Buffer.concat(open.parts)))
  }

  #line(timestamp: string, bytes: Buffer): LogLine {
    let end = bytes.length
    if (bytes[end - 1] === LINE_END) end -= 1
    if (bytes[end - 1] === RETURN) end -= 1
    return { timestamp, instance: this.#instance, text: bytes.toString('utf8', 0, end) }
  }
}

function newLine(timestamp: string): OpenLine {
  return { timestamp, lastPart: timestamp, parts: [], size: 0, isCut: false }
}

function goesOn(open: OpenLine, timestamp: string): boolean {
  return open.isCut || millisecondsOf(timestamp) - millisecondsOf(open.lastPart) < SAME_LINE_MS
}

/** Where the text of a message begins, behind its timestamp; null when it has none. */
function textOf(message: Buffer): { readonly timestamp: string | null; readonly start: number } {
  const space = message.indexOf(SPACE)
  if (space < 20 || space > 40) return { timestamp: null, start: 0 }
  const timestamp = readTimestamp(message.toString('latin1', 0, space))
  return { timestamp, start: timestamp === null ? 0 : space + 1 }
}
