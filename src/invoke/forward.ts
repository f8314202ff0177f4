import { Readable, type Duplex } from 'node:stream'
import { errors, type Dispatcher } from 'undici'
import type { Call, CallSink } from '../core/call.ts'
import { answerHead, rawText } from './answer-headers.ts'
import { ConnectError, type Connection } from './connection.ts'
import type { Target } from './target.ts'

/** Why an attempt failed, as far as it decides what comes next. */
export type Failure =
  /** No connection: nothing was sent. */
  | 'refused'
  /** No connection, and the replica is not to blame. */
  | 'exhausted'
  /** A kept connection was lost before the call was written to it. */
  | 'unsent'
  /** A kept connection was lost before a byte of the answer came; the function may have seen the call. */
  | 'stale'
  /** The call cannot be written as HTTP. */
  | 'invalid'
  /** The function broke off, or what it says is not HTTP. */
  | 'broken'

/** A wish to speak something else than HTTP on the connection. */
export interface Upgrade {
  /** As in the `Upgrade` header. */
  readonly protocol: string
  /** The function agreed: these are the headers of its 101, and the socket belongs to the caller now. It must be read, and destroyed at the end. */
  onUpgraded(rawHeaders: string[], socket: Duplex): void
}

/** Whose attempt this is. None of the methods may throw. */
export interface ForwardOwner {
  readonly call: Call
  readonly sink: CallSink
  readonly servedBy: string
  /** Null for ordinary calls. */
  readonly upgrade: Upgrade | null
  /** Final status and headers came. */
  onAnswer(status: number): void
  onAnswered(trailers: string[]): void
  onSwitched(rawHeaders: string[], socket: Duplex): void
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
    const { call, upgrade } = this.#owner
    const method = call.method as Dispatcher.HttpMethod
    const options = {
      method,
      path: call.path,
      headers,
      body: streamOf(call.body),
      upgrade: upgrade?.protocol ?? null,
    }
    this.#connection.client.dispatch(options, this)
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
    const head = answerHead(raw, { call, status, servedBy })
    this.#resume = resume
    this.#isAnswering = true
    this.#isBodyless = status === 204 || status === 304 || call.method === 'HEAD'
    this.#owner.onAnswer(status)
    sink.onStart(status, head.headers, this.#isBodyless ? 0 : head.length)
    return true
  }

  onUpgrade(status: number, raw: Buffer[] | string[] | null, socket: Duplex): void {
    const { call, upgrade, servedBy } = this.#owner
    if (!this.#isHeld || upgrade === null) {
      socket.destroy()
      return
    }
    this.#isHeld = false
    this.#connection.destroy()
    const bytes = (raw ?? []).map((text) => Buffer.from(text))
    const { headers } = answerHead(bytes, { call, status, servedBy })
    headers.push('Connection', 'Upgrade', 'Upgrade', protocolOf(bytes) ?? upgrade.protocol)
    this.#owner.onSwitched(headers, socket)
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
    if (error instanceof ConnectError) return error.isOurs ? 'exhausted' : 'refused'
    if (error instanceof errors.InvalidArgumentError || error instanceof errors.NotSupportedError)
      return 'invalid'
    if (this.#abort === null || error instanceof UnexpectedBytes) return 'unsent'
    return this.#connection.isReused && !this.#hasBytes ? 'stale' : 'broken'
  }
}

/** What came on an idle connection would have been taken for the next answer. */
class UnexpectedBytes extends Error {}

/** What the function switched to, in its own words. */
function protocolOf(raw: readonly Buffer[]): string | undefined {
  const texts = rawText(raw)
  const at = texts.findIndex((text, index) => index % 2 === 0 && text.toLowerCase() === 'upgrade')
  return at < 0 ? undefined : texts[at + 1]
}

function streamOf(body: Call['body']): Readable | Uint8Array | null {
  if (body === null || body instanceof Uint8Array || body instanceof Readable) return body
  return Readable.from(body)
}
