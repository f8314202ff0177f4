import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '../clock.ts'
import type { Call, CallSink, RunningCall } from '../core/call.ts'
import type { FaasError } from '../core/errors.ts'
import { writeCallError } from './call-error.ts'
import type { CallHead } from './call-head.ts'
import { breakOff, closeWithConnection, readRest } from './client-connection.ts'
import { hintedLinks } from './early-hints.ts'
import { statusOf } from './error-response.ts'
import type { LateWrite, WriteBatch } from '../write-batch.ts'

/** Bodies up to this size go out in one piece with the head. */
const SMALL_BYTES = 16 * 1024

/** What all calls of a route have in common. */
export interface HttpCallShared {
  readonly clock: Clock
  readonly writes: WriteBatch
}

/** One HTTP request as a call, and its response as the taker of the answer. */
export class HttpCall implements Call, CallSink, LateWrite {
  readonly fn: string
  readonly method: string
  readonly path: string
  readonly rawHeaders: readonly string[]
  body: AsyncIterable<Uint8Array> | Uint8Array | null = null
  readonly callId: string
  readonly startTime: string
  readonly forwardedFor: string
  readonly forwardedHost: string | null
  readonly #req: IncomingMessage
  readonly #res: ServerResponse
  readonly #shared: HttpCallShared
  readonly #servedBy: string
  #running: RunningCall | null = null
  #status = 0
  #headers: string[] = []
  #length = -1
  #isHeadSent = false
  #isOver = false
  #isPaused = false
  #late = ''

  constructor(head: CallHead, res: ServerResponse, shared: HttpCallShared) {
    const { req } = res
    this.fn = head.fn
    this.method = req.method ?? 'GET'
    this.path = head.path
    this.rawHeaders = req.rawHeaders
    this.callId = head.callId
    this.startTime = head.startTime
    this.forwardedFor = head.forwardedFor
    this.forwardedHost = req.headers.host ?? null
    this.#servedBy = head.servedBy
    this.#req = req
    this.#res = res
    this.#shared = shared
  }

  get rawTrailers(): readonly string[] {
    return this.#req.rawTrailers
  }

  /** What the invoker answered. The sink may have been told the end before. */
  attach(running: RunningCall): void {
    if (this.#isOver) return
    this.#running = running
    if (this.#res.destroyed || this.#req.socket.destroyed) return this.#onClose()
    closeWithConnection(this.#res)
    this.#res.on('close', () => this.#onClose())
  }

  onStart(status: number, rawHeaders: string[], length: number): void {
    this.#status = status
    this.#headers = rawHeaders
    this.#length = length
    // The body usually comes in the same packet: both go out together then.
    if (length !== 0) process.nextTick(flush, this)
  }

  /** The connection now serves something else than this response. */
  handOver(): void {
    this.#isOver = true
  }

  /** Hints (103) go on, but do not pile up before a client that does not read: nothing holds the function back here. */
  onInterim(status: number, rawHeaders: string[]): void {
    const res = this.#res
    if (status !== 103 || this.#isOver || res.destroyed || this.#req.httpVersionMinor === 0) return
    if (res.writableLength > 0) return
    const link = hintedLinks(rawHeaders)
    try {
      if (link.length > 0) res.writeEarlyHints({ link })
    } catch {
      // A hint that Node does not take is left out; the answer follows.
    }
  }

  onData(chunk: Uint8Array): boolean {
    const res = this.#res
    if (this.#isOver || res.destroyed) return true
    if (!this.#isHeadSent) {
      if (chunk.length === this.#length) {
        this.#sendWhole(chunk)
        return true
      }
      if (!this.#sendHead()) return true
    }
    if (res.write(chunk)) return true
    this.#pause()
    return false
  }

  onEnd(rawTrailers: string[]): void {
    if (this.#isOver || this.#res.destroyed) return
    if (!this.#isHeadSent && !this.#sendHead()) return
    this.#isOver = true
    if (rawTrailers.length > 0) this.#res.addTrailers(pairs(rawTrailers))
    this.#res.end()
    this.#lingerIfUnread()
  }

  onError(error: FaasError): number {
    if (this.#isOver) return this.#status
    this.#isOver = true
    if (this.#res.destroyed) return 499
    if (this.#isHeadSent) {
      this.#breakOff()
      return this.#status
    }
    const status = statusOf(error)
    writeCallError(this.#res, { status, message: error.message, ...this.#ours() })
    this.#lingerIfUnread()
    return status
  }

  /** Something that nobody expected: a bug of ours. */
  fail(): void {
    if (this.#isOver) return
    this.#isOver = true
    if (this.#isHeadSent) this.#breakOff()
    else writeCallError(this.#res, { status: 500, message: 'internal error', ...this.#ours() })
  }

  flushHead(): void {
    if (this.#isHeadSent || this.#isOver || this.#res.destroyed) return
    if (this.#sendHead()) this.#res.flushHeaders()
  }

  /** The usual answer goes out. */
  flush(): void {
    const res = this.#res
    const { socket } = res
    if (res.destroyed) return
    // `end` with a body would hand the kernel two pieces, the second one empty, which costs as much again (seen on Node 20).
    socket?.cork()
    res.write(this.#late, 'latin1')
    socket?.uncork()
    res.end()
  }

  #ours(): { callId: string; startTime: string; servedBy: string } {
    return { callId: this.callId, startTime: this.startTime, servedBy: this.#servedBy }
  }

  /** False when the function's head cannot be sent; the call has ended then. */
  #sendHead(): boolean {
    this.#isHeadSent = true
    try {
      const isOld = this.#req.httpVersionMinor === 0
      this.#res.writeHead(this.#status, isOld ? withoutTrailer(this.#headers) : this.#headers)
      return true
    } catch {
      this.#isOver = true
      writeCallError(this.#res, {
        status: 502,
        message: `function ${this.fn} sent a malformed head`,
        ...this.#ours(),
      })
      this.#running?.cancel(502)
      return false
    }
  }

  /** Head and body in one write: the usual answer. */
  #sendWhole(chunk: Uint8Array): void {
    if (!this.#sendHead()) return
    this.#isOver = true
    if (chunk.length > SMALL_BYTES) this.#res.end(chunk)
    else {
      this.#late = latin1(chunk)
      this.#shared.writes.add(this)
    }
    this.#lingerIfUnread()
  }

  #pause(): void {
    if (this.#isPaused) return
    this.#isPaused = true
    this.#res.once('drain', () => {
      this.#isPaused = false
      this.#running?.resume()
    })
  }

  #breakOff(): void {
    breakOff(this.#res, this.#length >= 0 || this.#res.chunkedEncoding)
  }

  #onClose(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#running?.cancel(499)
  }

  /** Answered before the body was read to its end. */
  #lingerIfUnread(): void {
    const req = this.#req
    if (req.complete) {
      // A body that was taken in one piece: Node waits for somebody to see its end.
      if (this.body instanceof Uint8Array) req.read()
      return
    }
    readRest(req, this.#shared.clock)
  }
}

function flush(call: HttpCall): void {
  call.flushHead()
}

/** Node refuses to announce trailers where no chunks can carry them, as in HTTP/1.0. */
function withoutTrailer(headers: readonly string[]): string[] {
  return headers.filter((_text, at) => headers[at - (at % 2)]?.toLowerCase() !== 'trailer')
}

/** For writing in one piece with the head: a string of bytes, not of characters. */
function latin1(chunk: Uint8Array): string {
  return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString('latin1')
}

function pairs(flat: readonly string[]): [string, string][] {
  const result: [string, string][] = []
  for (let at = 0; at + 1 < flat.length; at += 2) result.push([flat[at] ?? '', flat[at + 1] ?? ''])
  return result
}
