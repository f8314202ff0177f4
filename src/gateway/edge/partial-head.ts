import { HeadBytes, HeadTooLongError } from '../../http1/head-bytes.ts'
import { isToken, MalformedError } from '../../http1/http-fields.ts'
import { Refusal } from './refusal.ts'

const CR = 0x0d
const LF = 0x0a
/** The first byte of a TLS handshake. */
const TLS = 0x16

/** Empty lines that may stand before a request: some old clients end a body with one (RFC 9112, 2.2). */
const MOST_BLANK_BYTES = 16

/** The head of one request until it is whole. What can be seen to be no HTTP before that is refused at once. */
export class PartialHead {
  readonly #bytes: HeadBytes
  #isBegun = false
  #last = 0

  /** `most`: longest head, bytes. */
  constructor(most: number) {
    this.#bytes = new HeadBytes(most)
  }

  /** The head, a byte per character, with the CR LF of its last line, without empty lines before it; empty when there was nothing else. */
  get text(): string {
    const { text } = this.#bytes
    if (text.charCodeAt(0) !== CR) return text
    let at = 0
    while (text.startsWith('\r\n', at)) at += 2
    if (at > MOST_BLANK_BYTES) throw new Refusal(400, 'too many empty lines before the request')
    return text.slice(at)
  }

  /** Where the bytes behind the head stand. */
  get rest(): Pick<HeadBytes, 'rest' | 'restFrom' | 'restTo'> {
    return this.#bytes
  }

  /** Whether it is whole. The bytes are only lent. Throws a `Refusal`. */
  take(bytes: Buffer, from: number, to: number): boolean {
    try {
      if (this.#bytes.take(bytes, from, to)) {
        if (this.#bytes.isEndPlain) return true
        throw new Refusal(400, 'a line ends without a carriage return')
      }
    } catch (error) {
      if (error instanceof HeadTooLongError) throw new Refusal(431, `the request has ${error.message}`)
      if (error instanceof MalformedError) throw new Refusal(400, `the request has ${error.message}`)
      throw error
    }
    this.#look(bytes.subarray(from, to))
    return false
  }

  #look(piece: Buffer): void {
    if (!this.#isBegun) this.#lookAtFirst(piece[0] ?? 0)
    for (let at = piece.indexOf(LF); at >= 0; at = piece.indexOf(LF, at + 1)) {
      if ((at === 0 ? this.#last : piece[at - 1]) !== CR)
        throw new Refusal(400, 'a line ends without a carriage return')
    }
    this.#last = piece[piece.length - 1] ?? 0
  }

  #lookAtFirst(byte: number): void {
    this.#isBegun = true
    if (byte === CR || byte === LF || isToken(String.fromCharCode(byte))) return
    throw new Refusal(400, byte === TLS ? 'plain HTTP is spoken here, no TLS' : 'malformed request line')
  }
}
