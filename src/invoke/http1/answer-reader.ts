import { answerFraming, type AnswerFraming } from './answer-framing.ts'
import { ChunkedDecoder } from '../../http1/chunked-decoder.ts'
import { HeadBytes } from '../../http1/head-bytes.ts'
import { MalformedError, readAnswerFields, readFields } from '../../http1/http-fields.ts'

/** Most interim answers to one call. A function that sends more would only keep the gateway busy. */
const MAX_INTERIMS = 100

/**
 * Receives the parts of an answer, in this order. Fields are names and values in turn. None of the methods
 * may throw.
 */
export interface AnswerTaker {
  onInterim(status: number, fields: string[]): void
  /** The final head. */
  onHead(status: number, fields: string[]): void
  /** A copy. False asks for a pause. */
  onData(chunk: Buffer): boolean
  /** `isReusable`: the function keeps the connection open and sent nothing after the answer. */
  onComplete(trailers: string[], end: AnswerEnd): void
  /**
   * Instead of a final head: the function agreed to the upgrade. `rest` holds the bytes that it has sent
   * since.
   */
  onSwitched(fields: string[], rest: Buffer): void
}

export interface AnswerEnd {
  readonly isReusable: boolean
  /** How long the function keeps an idle connection open. */
  readonly idleMs: number
}

/** The request that is answered. */
export interface AnswerTo {
  readonly method: string
  /** The call asks for an upgrade. */
  readonly isUpgrade: boolean
  /** Longest head, interim ones too. */
  readonly maxHeadBytes: number
}

/**
 * Parses one answer from bytes: heads, body, trailers. Throws `MalformedError` when the answer is not
 * HTTP/1.0 or 1.1 or is ambiguous; the connection must not be used after that. Functions are not trusted, so
 * everything is bounded.
 */
export class AnswerReader {
  readonly #taker: AnswerTaker
  readonly #to: AnswerTo
  #head: HeadBytes | null
  #framing: AnswerFraming | null = null
  #left = 0
  #chunks: ChunkedDecoder | null = null
  #interims = 0
  #isOver = false

  constructor(taker: AnswerTaker, to: AnswerTo) {
    this.#taker = taker
    this.#to = to
    this.#head = new HeadBytes(to.maxHeadBytes)
  }

  /**
   * Takes the first `length` bytes of `bytes`, which are only lent and may be changed. False asks for a
   * pause.
   */
  push(bytes: Buffer, length: number): boolean {
    if (this.#isOver) return true
    if (this.#head === null) return this.#readBody(bytes, 0, length)
    const head = this.#head
    if (!head.take(bytes, 0, length)) return true
    while (!this.#readHead(head)) {
      if (head.restFrom === head.restTo || !head.take(head.rest, head.restFrom, head.restTo)) return true
    }
    if (this.#isOver) return true
    this.#head = null
    const { rest, restFrom, restTo } = head
    return this.#readBody(rest, restFrom, restTo)
  }

  /** The function sends no more. */
  end(): void {
    if (this.#isOver) return
    if (this.#framing?.body !== 'until-close') throw new MalformedError('an answer that ends too early')
    this.#finish([], false)
  }

  /** Whether it was a final head. */
  #readHead(head: HeadBytes): boolean {
    const { text } = head
    const status = Number(text.slice(9, 12))
    const lineEnd = text.indexOf('\n')
    if (!isStatusLine(text, lineEnd)) throw new MalformedError('something else than an HTTP answer')
    const fields = readAnswerFields(text, lineEnd + 1)
    if (status === 101) {
      this.#switch(fields, head)
      return true
    }
    if (status < 200) {
      this.#interims += 1
      if (this.#interims > MAX_INTERIMS)
        throw new MalformedError(`more than ${MAX_INTERIMS} interim answers, a fixed limit of the gateway`)
      this.#taker.onInterim(status, fields)
      return false
    }
    const minor = text.charCodeAt(7) - 0x30
    this.#framing = answerFraming(fields, { method: this.#to.method, status, minor })
    this.#left = this.#framing.length
    if (this.#framing.body === 'chunked') this.#chunks = new ChunkedDecoder()
    this.#taker.onHead(status, fields)
    return true
  }

  #switch(fields: string[], { rest, restFrom, restTo }: HeadBytes): void {
    if (!this.#to.isUpgrade) throw new MalformedError('a switch of protocols that nobody asked for')
    this.#isOver = true
    this.#taker.onSwitched(fields, Buffer.from(rest.subarray(restFrom, restTo)))
  }

  #readBody(bytes: Buffer, from: number, to: number): boolean {
    switch (this.#framing?.body) {
      case 'length': {
        const end = Math.min(to, from + this.#left)
        this.#left -= end - from
        const goOn = this.#give(bytes, from, end)
        if (this.#left > 0) return goOn
        this.#finish([], end < to)
        return true
      }
      case 'chunked':
        return this.#readChunks(bytes, from, to)
      case 'until-close':
        return this.#give(bytes, from, to)
      case 'none':
      case undefined:
        this.#finish([], from < to)
        return true
    }
  }

  #readChunks(bytes: Buffer, from: number, to: number): boolean {
    const chunks = this.#chunks
    if (chunks === null) return true
    const goOn = this.#give(bytes, from, chunks.decode(bytes, from, to))
    if (chunks.failure !== null) throw chunks.failure
    if (!chunks.isDone) return goOn
    const { trailers } = chunks
    this.#finish(trailers === '' ? [] : readFields(trailers, 0, trailers.length), chunks.consumed < to)
    return true
  }

  #give(bytes: Buffer, from: number, to: number): boolean {
    return from === to || this.#taker.onData(Buffer.from(bytes.subarray(from, to)))
  }

  #finish(trailers: string[], hasMore: boolean): void {
    this.#isOver = true
    const { isKept = false, idleMs = 0 } = this.#framing ?? {}
    this.#taker.onComplete(trailers, { isReusable: isKept && !hasMore, idleMs })
  }
}

/** `HTTP/1.1 200`, then a reason or nothing, then CR LF or LF at `lineEnd`. */
function isStatusLine(text: string, lineEnd: number): boolean {
  const behind = text.charCodeAt(12)
  return (
    text.startsWith('HTTP/1.') &&
    /^[01] [1-9]\d\d$/.test(text.slice(7, 12)) &&
    (behind === 0x20 || behind === 0x0d || behind === 0x0a) &&
    /^[\t\x20-\x7e\x80-\xff]*\r?$/.test(text.slice(12, lineEnd))
  )
}
