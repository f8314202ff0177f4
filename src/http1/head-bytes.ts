import { MalformedError } from './http-fields.ts'

/** As much as a Go server accepts by default. */
const MAX_HEAD_BYTES = 1 << 20
/** A head that does not end in time. */
export class HeadTooLongError extends MalformedError {
  constructor(most: number) {
    super(`a head of more than ${most} bytes`)
  }
}

/** Looked through at once; nearly every head is whole within it. */
const FIRST_LOOK_BYTES = 4 * 1024
const END = '\r\n\r\n'

/** Bytes of an answer until its head is whole, however small the pieces that it comes in. */
export class HeadBytes {
  readonly #most: number
  #kept: Buffer | null = null
  #length = 0
  /** The head, a byte per character, with the CR LF of its last line; set when `take` answered true. */
  text = ''
  /** Where the rest stands: the piece that was taken last, or all pieces together. */
  rest: Buffer = NOTHING
  restFrom = 0
  restTo = 0

  /** `most`: longest head, bytes. */
  constructor(most: number = MAX_HEAD_BYTES) {
    this.#most = most
  }

  /** Whether the head is whole. The bytes are the caller's: what is needed later is copied. */
  take(bytes: Buffer, from: number, to: number): boolean {
    if (this.#length === 0) {
      const text = bytes.toString('latin1', from, Math.min(to, from + FIRST_LOOK_BYTES))
      const end = text.indexOf(END)
      if (end > this.#most) throw new HeadTooLongError(this.#most)
      if (end >= 0)
        return this.#found({ text: text.slice(0, end + 2), rest: bytes, from: from + end + 4, to })
    }
    const kept = this.#append(bytes, from, to)
    // The end may have begun in the piece before.
    const end = kept.indexOf(END, Math.max(0, this.#length - (to - from) - END.length + 1), 'latin1')
    const isWhole = end >= 0 && end + END.length <= this.#length
    if ((isWhole ? end : this.#length) > this.#most) throw new HeadTooLongError(this.#most)
    if (isWhole) {
      const length = this.#length
      this.#length = 0
      this.#kept = null
      return this.#found({ text: kept.toString('latin1', 0, end + 2), rest: kept, from: end + 4, to: length })
    }
    return false
  }

  /** In a buffer that doubles, so that a head that comes byte by byte is not copied each time. */
  #append(bytes: Buffer, from: number, to: number): Buffer {
    const length = this.#length + to - from
    let kept = this.#kept
    if (kept === null || kept.length < length) {
      const larger = Buffer.alloc(Math.max(FIRST_LOOK_BYTES, length * 2))
      kept?.copy(larger, 0, 0, this.#length)
      kept = larger
      this.#kept = larger
    }
    bytes.copy(kept, this.#length, from, to)
    this.#length = length
    return kept
  }

  #found({ text, rest, from, to }: Found): true {
    this.text = text
    this.rest = rest
    this.restFrom = from
    this.restTo = to
    return true
  }
}

interface Found {
  readonly text: string
  readonly rest: Buffer
  readonly from: number
  readonly to: number
}

const NOTHING = Buffer.alloc(0)
