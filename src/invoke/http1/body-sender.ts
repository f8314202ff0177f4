import { Readable } from 'node:stream'
import type { Call } from '../../core/calls/call.ts'
import type { Connection } from './connection.ts'
import { kindOf, CONTENT_LENGTH } from './header-kinds.ts'
import { trailerLines } from './request-head.ts'

/** The owner of a body being sent. None of the methods may throw. */
export interface BodyOwner {
  /** The function accepted some bytes. */
  onProgress(): void
  onSent(): void
  /** The body broke off: what was sent is incomplete. */
  onBodyFailed(error: Error): void
}

/** What to send. */
export interface Sending {
  readonly call: Call
  readonly headers: readonly string[]
}

/** Sends the streamed body of a call as it arrives, no faster than the function accepts it. */
export class BodySender {
  readonly #call: Call
  readonly #body: Readable
  readonly #connection: Connection
  readonly #owner: BodyOwner
  /** Announced size; -1: sent in chunks. */
  readonly #length: number
  #sent = 0
  #isOver = false

  /**
   * `headers`: as they were sent to the function. They say how the body is framed, whatever the caller's own
   * headers said.
   */
  constructor({ call, headers }: Sending, connection: Connection, owner: BodyOwner) {
    const { body } = call
    this.#call = call
    this.#body = body instanceof Readable ? body : Readable.from(body ?? [])
    this.#connection = connection
    this.#owner = owner
    this.#length = announcedLength(headers)
  }

  start(): void {
    this.#body
      .on('data', (chunk: Uint8Array) => this.#onChunk(chunk))
      .on('end', () => this.#onEnd())
      .on('error', (error) => this.#fail(error))
      .on('close', () => this.#fail(new Error('the caller broke off within its body')))
    if (this.#body.destroyed) this.#fail(new Error('the body is gone'))
  }

  onDrain(): void {
    if (this.#isOver) return
    this.#owner.onProgress()
    this.#body.resume()
  }

  /** Nobody wants the rest. */
  stop(): void {
    this.#isOver = true
    this.#body.destroy()
  }

  #onChunk(chunk: Uint8Array): void {
    if (this.#isOver || chunk.length === 0) return
    this.#sent += chunk.length
    if (this.#length >= 0 && this.#sent > this.#length) {
      this.#fail(new Error('the body is longer than its Content-Length'))
    } else if (this.#write(chunk)) this.#owner.onProgress()
    else this.#body.pause()
  }

  #write(chunk: Uint8Array): boolean {
    const connection = this.#connection
    if (this.#length >= 0) return connection.write(chunk)
    return connection.together(() => {
      connection.write(`${chunk.length.toString(16)}\r\n`)
      connection.write(chunk)
      return connection.write('\r\n')
    })
  }

  #onEnd(): void {
    if (this.#isOver) return
    if (this.#length >= 0 && this.#sent < this.#length) {
      this.#fail(new Error('the body is shorter than its Content-Length'))
      return
    }
    this.#isOver = true
    if (this.#length < 0) this.#connection.write(`0\r\n${trailerLines(this.#call.rawTrailers)}\r\n`)
    this.#owner.onSent()
  }

  #fail(error: Error): void {
    if (this.#isOver) return
    this.stop()
    this.#owner.onBodyFailed(error)
  }
}

/** -1 when there is none. */
function announcedLength(headers: readonly string[]): number {
  for (let at = 0; at + 1 < headers.length; at += 2) {
    if (kindOf(headers[at] ?? '') === CONTENT_LENGTH) return Number(headers[at + 1])
  }
  return -1
}
