import { MalformedError } from './http-fields.ts'

const CR = 0x0d
const LF = 0x0a
const SEMICOLON = 0x3b

/** Most hexadecimal digits of a chunk's size: numbers with more are not exact. */
const MAX_DIGITS = 13
/**
 * Most bytes of all extensions of one chunk. Nobody uses them, and unlimited ones were used for an attack
 * (CVE-2024-22019).
 */
const MAX_EXTENSION_BYTES = 4 * 1024
const MAX_TRAILER_BYTES = 16 * 1024

/** What comes next; in this order, `SIZE` again after `DATA_LF` and the trailers after a chunk of size 0. */
const SIZE = 0
const EXTENSION = 1
const SIZE_LF = 2
const DATA = 3
const DATA_CR = 4
const DATA_LF = 5
const TRAILERS = 6
const DONE = 7
/** Blanks behind a size; only an extension or the end of the line may follow. */
const BLANK = 8

/** The chunked coding (RFC 9112, 7.1) of one body, taken off piece by piece. */
export class ChunkedDecoder {
  #state = SIZE
  #size = 0
  #digits = 0
  #extensionBytes = 0
  #left = 0
  #trailers = ''
  #consumed = 0
  #failure: MalformedError | null = null

  /** The first thing that is not valid chunked coding; nothing after it is decoded. */
  get failure(): MalformedError | null {
    return this.#failure
  }

  /** The end of the body was seen. */
  get isDone(): boolean {
    return this.#state === DONE
  }

  /** Offset in the last piece at which the body ended. */
  get consumed(): number {
    return this.#consumed
  }

  /** The trailer lines, each with its CR LF; there when it is done. */
  get trailers(): string {
    return this.#trailers
  }

  /**
   * Decodes the bytes from `from` to `to` in place. Afterwards the decoded bytes lie between `from` and the
   * returned offset, contiguous however many chunks there were.
   */
  decode(bytes: Buffer, from: number, to: number): number {
    let out = from
    let at = from
    try {
      while (at < to && this.#state !== DONE) {
        if (this.#state === DATA) {
          const size = Math.min(this.#left, to - at)
          if (out !== at) bytes.copyWithin(out, at, at + size)
          out += size
          at += size
          this.#left -= size
          if (this.#left === 0) this.#state = DATA_CR
        } else if (this.#state === TRAILERS) at = this.#takeTrailers(bytes, at, to)
        else this.#step(bytes[at++] ?? 0)
      }
    } catch (error) {
      // The bytes before it were valid and may be passed on.
      this.#failure = error as MalformedError
    }
    this.#consumed = at
    return out
  }

  #step(byte: number): void {
    switch (this.#state) {
      case SIZE:
        this.#takeDigit(byte)
        break
      case BLANK:
        if (!isExtensionOrEnd(byte)) throw new MalformedError('a malformed chunk size')
        this.#takeExtension(byte)
        if (byte === SEMICOLON) this.#state = EXTENSION
        break
      case EXTENSION:
        this.#takeExtension(byte)
        break
      case SIZE_LF:
        if (byte !== LF) throw new MalformedError('a malformed chunk size')
        this.#left = this.#size
        this.#state = this.#size === 0 ? TRAILERS : DATA
        break
      case DATA_CR:
        if (byte !== CR) throw new MalformedError('a chunk that is longer than it said')
        this.#state = DATA_LF
        break
      case DATA_LF:
        if (byte !== LF) throw new MalformedError('a chunk that is longer than it said')
        this.#state = SIZE
        this.#size = 0
        this.#digits = 0
        this.#extensionBytes = 0
        break
    }
  }

  #takeDigit(byte: number): void {
    const digit = digitOf(byte)
    if (digit >= 0) {
      this.#digits += 1
      if (this.#digits > MAX_DIGITS) throw new MalformedError('a chunk size that is too large')
      this.#size = this.#size * 16 + digit
      return
    }
    if (this.#digits === 0) throw new MalformedError('a malformed chunk size')
    if (byte === CR) this.#state = SIZE_LF
    else if (byte === SEMICOLON) this.#state = EXTENSION
    else if (byte === 0x20 || byte === 0x09) this.#state = BLANK
    else throw new MalformedError('a malformed chunk size')
  }

  #takeExtension(byte: number): void {
    this.#extensionBytes += 1
    if (this.#extensionBytes > MAX_EXTENSION_BYTES)
      throw new MalformedError('a chunk extension that is too long')
    if (byte === CR) this.#state = SIZE_LF
    else if ((byte < 0x20 && byte !== 0x09) || byte === 0x7f)
      throw new MalformedError('a malformed chunk extension')
  }

  /** Up to the empty line. Answers where it stopped. */
  #takeTrailers(bytes: Buffer, from: number, to: number): number {
    let at = from
    while (at < to) {
      const lineEnd = bytes.indexOf(LF, at)
      const end = lineEnd < 0 || lineEnd >= to ? to : lineEnd + 1
      this.#trailers += bytes.toString('latin1', at, end)
      at = end
      if (lineEnd >= 0 && lineEnd < to && !this.#trailers.endsWith('\r\n'))
        throw new MalformedError('a malformed trailer')
      if (this.#trailers.length > MAX_TRAILER_BYTES) throw new MalformedError('trailers that are too long')
      if (this.#trailers === '\r\n' || this.#trailers.endsWith('\r\n\r\n')) {
        this.#trailers = this.#trailers.slice(0, -2)
        this.#state = DONE
        break
      }
    }
    return at
  }
}

function isExtensionOrEnd(byte: number): boolean {
  return byte === SEMICOLON || byte === 0x20 || byte === 0x09 || byte === CR
}

/** -1 for what is no hexadecimal digit. */
function digitOf(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const lower = byte | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}
