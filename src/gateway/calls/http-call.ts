import type { Call, CallSink, RunningCall } from '../../core/calls/call.ts'
import { statusOf, type FaasError } from '../../core/errors.ts'
import { callErrorHeaders } from './call-error.ts'
import type { CallHead } from './call-head.ts'
import type { Exchange, ExchangeOwner } from '../edge/exchange.ts'
import { hintedLinks } from './early-hints.ts'

/** One HTTP request as a call, and the sink that passes the answer to its exchange. */
export class HttpCall implements Call, CallSink, ExchangeOwner {
  readonly fn: string
  readonly method: string
  readonly path: string
  readonly rawHeaders: readonly string[]
  readonly body: AsyncIterable<Uint8Array> | Uint8Array | null
  readonly callId: string
  readonly startTime: string
  readonly forwardedFor: string
  readonly forwardedHost: string | null
  readonly forwardedPrefix: string
  readonly #exchange: Exchange
  readonly #head: CallHead
  #running: RunningCall | null = null

  constructor(head: CallHead, exchange: Exchange) {
    const { method, rawHeaders, host } = exchange.head
    this.fn = head.fn
    this.method = method
    this.path = head.path
    this.rawHeaders = rawHeaders
    this.body = exchange.body
    this.callId = head.callId
    this.startTime = head.startTime
    this.forwardedFor = head.forwardedFor
    this.forwardedHost = host
    this.forwardedPrefix = head.prefix
    this.#head = head
    this.#exchange = exchange
    exchange.owner = this
  }

  get rawTrailers(): readonly string[] {
    return this.#exchange.rawTrailers
  }

  /** Stores what the invoker returned. The sink may have been told the end before. */
  attach(running: RunningCall): void {
    this.#running = running
  }

  // CallSink

  onStart(status: number, rawHeaders: string[], length: number): void {
    this.#exchange.start(status, rawHeaders, length)
  }

  /**
   * Passes hints (103) on, but not to a client that does not read: they would pile up, because hints have no
   * back-pressure.
   */
  onInterim(status: number, rawHeaders: string[]): void {
    if (status !== 103 || this.#exchange.isWaiting) return
    const links = hintedLinks(rawHeaders)
    if (links.length > 0) this.#exchange.interim(status, links)
  }

  onData(chunk: Uint8Array): boolean {
    return this.#exchange.write(chunk)
  }

  onEnd(rawTrailers: string[]): void {
    this.#exchange.end(rawTrailers)
  }

  onError(error: FaasError): void {
    if (this.#exchange.isOver) return
    if (this.#exchange.hasBegun) this.#exchange.breakOff()
    else this.refuse(statusOf(error), error.message, error.retryAfterS)
  }

  // ExchangeOwner

  onDrain(): void {
    this.#running?.resume()
  }

  onAborted(status: number): void {
    this.#running?.cancel(status)
  }

  /** Answers in the function's place. */
  refuse(status: number, message: string, retryAfterS?: number): void {
    this.#exchange.answer(status, message, callErrorHeaders(this.#head, retryAfterS))
  }

  /** An unexpected failure: a bug of ours. */
  fail(): void {
    if (this.#exchange.hasBegun) this.#exchange.breakOff()
    else this.refuse(500, 'internal error')
  }
}
