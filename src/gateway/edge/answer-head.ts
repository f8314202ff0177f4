import type { Clock } from '../../clock.ts'
import { reasonOf, refusalHeaders } from './intake/refusal.ts'
import { KEEP_ALIVE_MS } from './time-limits.ts'

/** What the connection decides about the head of an answer. */
export interface HeadFacts {
  /** The connection may be used again. */
  readonly isKept: boolean
  /** The body follows in chunks. */
  readonly isChunked: boolean
}

const KEPT = `Connection: keep-alive\r\nKeep-Alive: timeout=${KEEP_ALIVE_MS / 1_000}\r\n\r\n`
const KEPT_CHUNKED = `Transfer-Encoding: chunked\r\n${KEPT}`
const CLOSED = 'Connection: close\r\n\r\n'
const CLOSED_CHUNKED = `Transfer-Encoding: chunked\r\n${CLOSED}`

/** Writes the heads of answers, a byte per character. */
export class AnswerHeads {
  readonly #clock: Clock
  #dateSecond = 0
  #dateLine = ''

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /**
   * A final head up to and with the empty line. `headers`: names and values in turn, without those that say
   * how the body is framed in chunks.
   */
  final(status: number, headers: readonly string[], { isKept, isChunked }: HeadFacts): string {
    let head = statusLine(status)
    let hasDate = false
    for (let at = 0; at + 1 < headers.length; at += 2) {
      const name = headers[at] ?? ''
      if (name.length === 4 && name.toLowerCase() === 'date') hasDate = true
      head += `${name}: ${headers[at + 1] ?? ''}\r\n`
    }
    if (!hasDate) head += this.#date()
    if (isKept) return head + (isChunked ? KEPT_CHUNKED : KEPT)
    return head + (isChunked ? CLOSED_CHUNKED : CLOSED)
  }

  /** A whole answer to bytes that are not a valid request. `isBodyless`: the method is HEAD. */
  refusal(status: number, message: string, isBodyless = false): string {
    const body = `${message}\n`
    const headers = [...refusalHeaders(status, message), 'Content-Length', String(Buffer.byteLength(body))]
    return this.final(status, headers, { isKept: false, isChunked: false }) + (isBodyless ? '' : body)
  }

  /** Built once a second for all connections. */
  #date(): string {
    const second = Math.floor(this.#clock.wall() / 1_000)
    if (second !== this.#dateSecond) {
      this.#dateSecond = second
      this.#dateLine = `Date: ${new Date(second * 1_000).toUTCString()}\r\n`
    }
    return this.#dateLine
  }
}

/** The head of an interim answer (1xx), or of a 101, whose headers are complete. */
export function interimHead(status: number, headers: readonly string[]): string {
  let head = statusLine(status)
  for (let at = 0; at + 1 < headers.length; at += 2) head += `${headers[at]}: ${headers[at + 1]}\r\n`
  return `${head}\r\n`
}

const OK = 'HTTP/1.1 200 OK\r\n'

function statusLine(status: number): string {
  return status === 200 ? OK : `HTTP/1.1 ${status} ${reasonOf(status)}\r\n`
}
