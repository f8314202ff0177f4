import { Readable } from 'node:stream'
import { errors, type Dispatcher } from 'undici'
import type { Call, CallSink } from '../core/call.ts'
import { answerHead, rawText } from './answer-headers.ts'
import { ConnectError, type Connection } from './connection.ts'
import type { Target } from './target.ts'

/** Why an attempt failed, as far as it decides what comes next. */
export type Failure =
  /** No connection: nothing was sent. */
  | 'refused'
  /** A kept connection was lost before the call was written to it. */
  | 'unsent'
  /** A kept connection was lost before a byte of the answer came; the function may have seen the call. */
  | 'stale'
  /** The call cannot be written as HTTP. */
  | 'invalid'
  /** The function broke off, or what it says is not HTTP. */
  | 'broken'

/** Whose attempt this is. None of the methods may throw. */
export interface ForwardOwner {
  readonly call: Call
  readonly sink: CallSink
  readonly servedBy: string
  /** Final status and headers came. */
  onAnswer(status: number): void
  onAnswered(trailers: string[]): void
  onFailed(failure: Failure, error: Error): void
}

/**
 * One attempt to make one call on one connection: a handler of undici's dispatch. It uses the older handler methods because they give
 * raw headers without building objects of them first (docs/decisions/0003).
 */
export class Forward implements Dispatcher.DispatchHandler {
  readonly target: Target
  readonly #owner: ForwardOwner
  readonly #connection: Connection
  #abort: ((reason: Error) => void) | null = null
  #resume: (() => void) | null = null
  #isHeld = true
  #isAnswering = false
  #isBodyless = false
  #hasBytes = false
  /** Grows while the body is being sent. */
  progress = 0
  isSent = false

  constructor(owner: ForwardOwner, target: Target, fresh: boolean) {
    this.#owner = owner
    this.target = target
    this.#connection = target.acquire(fresh)
  }

  start(headers: string[]): void {
    const { method, path, body } = this.#owner.call
    this.#connection.client.dispatch(
      { method: method as Dispatcher.HttpMethod, path, headers, body: streamOf(body) },
      this,
    )
  }

  resume(): void {
    if (this.#isHeld) this.#resume?.()
  }

  /** Ends the attempt without a word to its owner. */
  cancel(): void {
    if (!this.#isHeld) return
    this.#isHeld = false
    const reason = new Error('cancelled')
    this.#abort?.(reason)
    this.#connection.destroy(reason)
  }

  // What undici calls, in this order.

  onConnect(abort: (reason?: Error) => void): void {
    this.#abort = abort
    if (this.#connection.isClean) this.#connection.begin()
    else abort(new UnexpectedBytes('the function sent bytes that nobody had asked for'))
  }

  onBodySent(): void {
    this.progress += 1
  }

  onRequestSent(): void {
    this.isSent = true
    this.progress += 1
  }

  onResponseStarted(): void {
    this.#hasBytes = true
  }

  onHeaders(status: number, raw: Buffer[], resume: () => void): boolean {
    if (!this.#isHeld) return true
    if (status < 200) {
      this.#onInterim(status, raw)
      return true
    }
    const { call, sink, servedBy } = this.#owner
    const head = answerHead(raw, call, servedBy)
    this.#resume = resume
    this.#isAnswering = true
    this.#isBodyless = status === 204 || status === 304 || call.method === 'HEAD'
    this.#owner.onAnswer(status)
    sink.onStart(status, head.headers, this.#isBodyless ? 0 : head.length)
    return true
  }

  onData(chunk: Buffer): boolean {
    return this.#isHeld ? this.#owner.sink.onData(chunk) : true
  }

  onComplete(rawTrailers: (Buffer | string)[] | null): void {
    if (!this.#isHeld) return
    this.#isHeld = false
    this.target.giveBack(this.#connection)
    this.#owner.onAnswered(rawTrailers === null || rawTrailers.length === 0 ? [] : rawText(rawTrailers))
  }

  onError(error: Error): void {
    if (!this.#isHeld) return
    this.#isHeld = false
    this.#connection.destroy()
    // undici misses the body that the length in a 304 announces, and that cannot be there.
    if (this.#isAnswering && this.#isBodyless) this.#owner.onAnswered([])
    else this.#owner.onFailed(this.#failureOf(error), error)
  }

  #onInterim(status: number, raw: Buffer[]): void {
    if (status === 101) this.#abort?.(new Error('the function switched protocols without being asked'))
    else this.#owner.sink.onInterim(status, rawText(raw))
  }

  #failureOf(error: Error): Failure {
    if (error instanceof ConnectError) return 'refused'
    if (error instanceof errors.InvalidArgumentError || error instanceof errors.NotSupportedError)
      return 'invalid'
    if (this.#abort === null || error instanceof UnexpectedBytes) return 'unsent'
    return this.#connection.isReused && !this.#hasBytes ? 'stale' : 'broken'
  }
}

/** What came on an idle connection would have been taken for the next answer. */
class UnexpectedBytes extends Error {}

function streamOf(body: Call['body']): Readable | Uint8Array | null {
  if (body === null || body instanceof Uint8Array || body instanceof Readable) return body
  return Readable.from(body)
}
