import type { Duplex } from 'node:stream'
import { interimHead, type AnswerHeads } from './answer-head.ts'
import type { ClientWriter } from './client-writer.ts'
import type { RequestBody } from './intake/request-body.ts'
import type { RequestHead } from './intake/request-head.ts'
import { refusalHeaders } from './intake/refusal.ts'
import type { LateWrite, WriteBatch } from '../../write-batch.ts'

/** Pieces of an answer up to this size are written together at the end of the turn. */
const SMALL_BYTES = 16 * 1024

/** The part that answers. None of the methods may throw. */
export interface ExchangeOwner {
  /** After a `write` that answered false: there is room again. */
  onDrain(): void
  /**
   * The client left, or sent an invalid body: nobody waits for the answer. `status`: the status under which
   * to count the request.
   */
  onAborted(status: number): void
}

/** The connection that the answer leaves on. */
export interface AnswerLine {
  readonly remoteAddress: string
  readonly remotePort: number
  /** Nothing can be sent any more. */
  readonly isGone: boolean
  /** The connection takes no other request after this one. */
  readonly mustClose: boolean
  readonly out: ClientWriter
  /** The answer has left. */
  onAnswered(isKept: boolean): void
  leaveHttp(): Duplex
  /** A bug of ours: ends the connection. */
  onFault(error: unknown): void
}

/** Shared by all exchanges of a listener. */
export interface ExchangeShared {
  readonly heads: AnswerHeads
  readonly writes: WriteBatch
}

/** What a connection hands over with a request. */
export interface ExchangeOptions {
  readonly head: RequestHead
  /** Null: none, or an empty one. */
  readonly body: Uint8Array | RequestBody | null
  readonly line: AnswerLine
  readonly shared: ExchangeShared
}

/**
 * One request, and the one answer to it. A connection has one at a time.
 *
 *   (start) ─ start() ─▶ head held back ─ end of the turn ─▶ begun ─ end() ─▶ over
 *
 * What is answered within one turn of the event loop leaves in one write. Until then `answer` can still
 * replace it.
 */
export class Exchange implements LateWrite {
  readonly head: RequestHead
  readonly body: Uint8Array | RequestBody | null
  /** Trailers of the body, names and values in turn; there when the body has been read to its end. */
  rawTrailers: readonly string[] = []
  owner: ExchangeOwner = NOBODY
  readonly #line: AnswerLine
  readonly #shared: ExchangeShared
  #late = ''
  #isArmed = false
  #hasBegun = false
  #isOver = false
  #isKept = false
  #mustClose = false
  #framing: 'none' | 'length' | 'chunked' | 'until-close' = 'none'

  constructor({ head, body, line, shared }: ExchangeOptions) {
    this.head = head
    this.body = body
    this.#line = line
    this.#shared = shared
  }

  get remoteAddress(): string {
    return this.#line.remoteAddress
  }

  get remotePort(): number {
    return this.#line.remotePort
  }

  /** The answer is complete or was broken off. Some of it may still be on its way. */
  get isAnswered(): boolean {
    return this.#isOver
  }

  /** As `isAnswered`, and all of it has been handed to the connection: the next answer may follow. */
  get hasLeft(): boolean {
    return this.#isOver && !this.#isArmed
  }

  /** As `isAnswered`, or the connection is gone. */
  get isOver(): boolean {
    return this.#isOver || this.#line.isGone
  }

  /** Bytes of the final answer have been handed to the connection. */
  get hasBegun(): boolean {
    return this.#hasBegun
  }

  /** Bytes for the client wait for it to read. */
  get isWaiting(): boolean {
    return this.#line.out.isWaiting
  }

  /** The final head. `length`: bytes of the body; -1 when unknown. */
  start(status: number, headers: readonly string[], length: number): void {
    const { method, minor, isKept } = this.head
    if (method === 'HEAD' || status === 204 || status === 304) this.#framing = 'none'
    else if (length >= 0) this.#framing = 'length'
    else this.#framing = minor === 1 ? 'chunked' : 'until-close'
    this.#isKept = isKept && !this.#mustClose && !this.#line.mustClose && this.#framing !== 'until-close'
    const shown = minor === 0 ? withoutTrailer(headers) : headers
    const isChunked = this.#framing === 'chunked'
    this.#late = this.#shared.heads.final(status, shown, { isKept: this.#isKept, isChunked })
    this.#arm()
  }

  /** False: no more until the owner's `onDrain`. */
  write(chunk: Uint8Array): boolean {
    if (this.isOver || this.#framing === 'none' || chunk.length === 0) return true
    const isChunked = this.#framing === 'chunked'
    const before = isChunked ? `${chunk.length.toString(16)}\r\n` : ''
    const after = isChunked ? '\r\n' : ''
    if (chunk.length + this.#late.length <= SMALL_BYTES) {
      this.#late += before + latin1(chunk) + after
      this.#arm()
      return this.#line.out.hasRoom
    }
    this.#hasBegun = true
    const late = this.#late + before
    this.#late = ''
    return this.#line.out.bytes(late, chunk, after)
  }

  /** The body is complete. Trailers: names and values in turn. */
  end(trailers: readonly string[] = []): void {
    if (this.isOver) return
    this.#isOver = true
    if (this.#framing === 'chunked') this.#late += `0\r\n${lines(trailers)}\r\n`
    this.#arm()
  }

  /**
   * Sends an interim answer (1xx) at once. Sends nothing and returns false when the client does not
   * understand it or other bytes are waiting.
   */
  interim(status: number, headers: readonly string[]): boolean {
    if (this.head.minor === 0 || this.isOver || this.#hasBegun || this.#late !== '') return false
    this.#line.out.text(interimHead(status, headers))
    return true
  }

  /** The connection takes no other request after this one. */
  closeAfter(): void {
    this.#mustClose = true
  }

  /**
   * Checks whether a client that has ended its side is still there, by sending an interim answer: a client
   * that is there ignores it, one that left replies with a reset. False when this is impossible: HTTP/1.0 has
   * no interim answers, and once the answer has begun its own bytes do the same.
   */
  askWhetherThere(): boolean {
    return this.interim(100, [])
  }

  /**
   * Sends a whole answer of ours with a sentence or an empty body; replaces an answer that has not begun to
   * leave. `headers`: names and values in turn.
   */
  answer(status: number, message: string, headers: readonly string[] = []): void {
    if (this.isOver || this.#hasBegun) return
    const body = message === '' ? '' : `${message}\n`
    const bytes = Buffer.from(body)
    const all = [...refusalHeaders(status, message, headers), 'Content-Length', String(bytes.length)]
    this.start(status, all, bytes.length)
    this.write(bytes)
    this.end()
  }

  /** Ends the answer early: the client must see that it is incomplete. */
  breakOff(): void {
    if (this.isOver) return
    this.#isOver = true
    // What came before the break is sent.
    if (this.#late !== '') this.#line.out.text(this.#late)
    this.#late = ''
    this.#line.out.cut(this.#framing !== 'until-close')
  }

  /** Drops the answer; bytes that have not left are not sent. */
  abandon(): void {
    this.#isOver = true
    this.#late = ''
  }

  /** Answers with this 101. From now on the connection carries the bytes of the returned stream. */
  switchProtocols(headers: readonly string[]): Duplex {
    this.#isOver = true
    this.#line.out.text(interimHead(101, headers))
    return this.#line.leaveHttp()
  }

  /** Writes what is held back. */
  flush(): void {
    this.#isArmed = false
    if (this.#line.isGone) return
    const late = this.#late
    this.#late = ''
    if (late !== '') {
      this.#hasBegun = true
      this.#line.out.text(late)
    }
    if (this.#isOver) this.#line.onAnswered(this.#isKept)
  }

  onFlushFailed(error: unknown): void {
    this.#line.onFault(error)
  }

  #arm(): void {
    if (this.#isArmed) return
    this.#isArmed = true
    this.#shared.writes.add(this)
  }
}

const NOBODY: ExchangeOwner = { onDrain: () => undefined, onAborted: () => undefined }

/** HTTP/1.0 has no chunked coding, so there are no trailers to announce. */
function withoutTrailer(headers: readonly string[]): string[] {
  return headers.filter((_text, at) => headers[at - (at % 2)]?.toLowerCase() !== 'trailer')
}

/** The bytes as a string with one character per byte, to write them in one piece with the head. */
function latin1(chunk: Uint8Array): string {
  return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString('latin1')
}

function lines(fields: readonly string[]): string {
  let text = ''
  for (let at = 0; at + 1 < fields.length; at += 2) text += `${fields[at]}: ${fields[at + 1]}\r\n`
  return text
}
