import { MalformedError } from './http-fields.ts'

/** A head that is longer than the limit. */
export class HeadTooLongError extends MalformedError {
  constructor(limitBytes: number) {
    super(`a head of more than ${limitBytes} bytes (SAMPAN_MAX_HEADER_BYTES)`)
  }
}

/** The first piece that is searched; nearly every head is complete within it. */
const FIRST_LOOK_BYTES = 4 * 1024
const CR = 0x0d

/**
 * Collects bytes until a head is complete, however small the pieces. Lines may end in a bare line feed, which
 * hand-written servers send: the gateway rewrites a function's head before it passes it on, so nothing can be
 * hidden in that. For requests the reader must be stricter (`isEndPlain`).
 */
export class HeadBytes {
  readonly #limit: number
  #kept: Buffer = NOTHING
  #length = 0
  /** The head, a byte per character, with the end of its last line; set when `take` answered true. */
  text = ''
  /** The empty line behind it is a CR LF. */
  isEndPlain = false
  /** The bytes after the head, a part of the piece that was taken last. */
  rest: Buffer = NOTHING
  restFrom = 0
  restTo = 0

  /** `limitBytes`: of the head with its empty line. No more than that is ever kept. */
  constructor(limitBytes: number) {
    this.#limit = limitBytes
  }

  /** Whether the head is complete. The caller keeps the bytes: what is needed later is copied. */
  take(bytes: Buffer, from: number, to: number): boolean {
    const before = this.#length
    if (before === 0) {
      const text = bytes.toString('latin1', from, Math.min(to, from + FIRST_LOOK_BYTES, from + this.#limit))
      const end = emptyLine(text)
      if (end >= 0) {
        this.text = text.slice(0, end)
        this.isEndPlain = text.charCodeAt(end) === CR
        return this.#restFrom({ bytes, from: from + behind(text, end), to })
      }
    }
    const kept = this.#append(bytes, from, Math.min(to, from + this.#limit - before))
    // The empty line may have begun in the piece before.
    const lookFrom = Math.max(0, before - 2)
    const look = kept.toString('latin1', lookFrom, this.#length)
    const end = emptyLine(look)
    if (end >= 0) {
      this.text = kept.toString('latin1', 0, lookFrom + end)
      this.isEndPlain = look.charCodeAt(end) === CR
      this.#kept = NOTHING
      this.#length = 0
      return this.#restFrom({ bytes, from: from + lookFrom + behind(look, end) - before, to })
    }
    if (this.#length === this.#limit) throw new HeadTooLongError(this.#limit)
    // Almost an empty line: the sender believes that the head has ended, so both sides would wait.
    if (look.includes('\n\r\r')) throw new MalformedError('a malformed end of its head')
    return false
  }

  /** The buffer doubles, so that a head that arrives byte by byte is not copied each time. */
  #append(bytes: Buffer, from: number, to: number): Buffer {
    const length = this.#length + to - from
    if (this.#kept.length < length) {
      const larger = Buffer.alloc(Math.min(this.#limit, Math.max(FIRST_LOOK_BYTES, length * 2)))
      this.#kept.copy(larger, 0, 0, this.#length)
      this.#kept = larger
    }
    bytes.copy(this.#kept, this.#length, from, to)
    this.#length = length
    return this.#kept
  }

  #restFrom({ bytes, from, to }: Rest): true {
    this.rest = bytes
    this.restFrom = from
    this.restTo = to
    return true
  }
}

interface Rest {
  readonly bytes: Buffer
  readonly from: number
  readonly to: number
}

/** Where the first empty line behind another line begins; -1 when there is none. */
function emptyLine(text: string): number {
  const usual = text.indexOf('\n\r\n')
  const alone = (usual < 0 ? text : text.slice(0, usual + 1)).indexOf('\n\n')
  const found = alone < 0 ? usual : alone
  return found < 0 ? -1 : found + 1
}

/** Where the text goes on behind the empty line at `end`. */
function behind(text: string, end: number): number {
  return end + (text.charCodeAt(end) === CR ? 2 : 1)
}

const NOTHING = Buffer.alloc(0)
