import { HeadBytes, HeadTooLongError } from '../../../http1/head-bytes.ts'
import { isToken, MalformedError } from '../../../http1/http-fields.ts'
import { Refusal } from './refusal.ts'

const CR = 0x0d
const LF = 0x0a
const EMPTY_LINE = '\r\n'
/** The first byte of a TLS handshake. */
const TLS = '\x16'

/** Collects the head of one request. Bytes that cannot be HTTP are refused at once. */
export class PartialHead {
  readonly #bytes: HeadBytes
  /** The first bytes, up to three. */
  #start = ''
  #last = 0

  /** `most`: longest head, bytes. */
  constructor(most: number) {
    this.#bytes = new HeadBytes(most)
  }

  /**
   * The head, a byte per character, with the CR LF of its last line. One empty line before it is skipped,
   * because some old clients end a body with one (RFC 9112, 2.2). Throws a `Refusal` for more than one.
   */
  get text(): string {
    const { text } = this.#bytes
    if (text.charCodeAt(0) !== CR) return text
    if (text.charCodeAt(2) === CR || text.length <= 2)
      throw new Refusal(400, 'empty lines before the request')
    return text.startsWith(EMPTY_LINE) ? text.slice(EMPTY_LINE.length) : text
  }

  /** Only that empty line, or half of it, has come. */
  get isBlank(): boolean {
    return this.#start === '\r' || this.#start === EMPTY_LINE
  }

  /** Where the bytes after the head begin. */
  get rest(): Pick<HeadBytes, 'rest' | 'restFrom' | 'restTo'> {
    return this.#bytes
  }

  /** Whether it is complete. The bytes are only lent. Throws a `Refusal`. */
  take(bytes: Buffer, from: number, to: number): boolean {
    try {
      if (this.#bytes.take(bytes, from, to)) {
        if (this.#bytes.isEndPlain) return true
        throw new Refusal(400, 'a line ends without a carriage return')
      }
    } catch (error) {
      if (error instanceof HeadTooLongError)
        throw new Refusal(431, `the gateway: the request has ${error.message}`)
      if (error instanceof MalformedError) throw new Refusal(400, `the request has ${error.message}`)
      throw error
    }
    this.#look(bytes.subarray(from, to))
    return false
  }

  #look(piece: Buffer): void {
    if (this.#start.length < 3) this.#lookAtStart(piece)
    for (let at = piece.indexOf(LF); at >= 0; at = piece.indexOf(LF, at + 1)) {
      if ((at === 0 ? this.#last : piece[at - 1]) !== CR)
        throw new Refusal(400, 'a line ends without a carriage return')
    }
    this.#last = piece[piece.length - 1] ?? 0
  }

  #lookAtStart(piece: Buffer): void {
    this.#start += piece.toString('latin1', 0, 3 - this.#start.length)
    if (this.isBlank) return
    const first = this.#start.charAt(this.#start.startsWith(EMPTY_LINE) ? 2 : 0)
    if (!isToken(first))
      throw new Refusal(400, first === TLS ? 'plain HTTP is spoken here, no TLS' : 'malformed request line')
  }
}
