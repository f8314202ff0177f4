import type { Duplex } from 'node:stream'
import type { Call, CallSink, Upgrade } from '../core/calls/call.ts'
import { FaasError } from '../core/errors.ts'
import { isBodyless } from './http1/answer-framing.ts'
import { answerHead, isProcessMissing } from './headers/answer-headers.ts'
import { AnswerReader, type AnswerEnd, type AnswerTaker } from './http1/answer-reader.ts'
import { BodySender, type BodyOwner } from './http1/body-sender.ts'
import { ConnectError, type Connection, type ConnectionUser } from './http1/connection.ts'
import { unknownPairs } from './http1/header-kinds.ts'
import { MalformedError } from '../http1/http-fields.ts'
import { requestHead } from './http1/request-head.ts'
import type { Freshness, Target } from './target.ts'
import { unanswered, UnansweredError } from './unanswered.ts'

/** Why an attempt failed, as far as it matters for what comes next. */
export type Failure =
  /** No connection: nothing was sent. */
  | 'refused'
  /** No connection, and the replica is not to blame. */
  | 'exhausted'
  /**
   * An idle connection was reused and lost before a byte of the answer came; the function may have seen the
   * call.
   */
  | 'stale'
  /**
   * An idle connection was lost, or received data, before a byte of the call was written: the function has
   * not seen it.
   */
  | 'unsent'
  /** The call cannot be written as HTTP, or its body broke off. */
  | 'invalid'
  /** The function broke off, or what it says is not HTTP. */
  | 'broken'
  /** Its watchdog answered that the process behind it does not listen: the function has not seen the call. */
  | 'unready'

/** The owner of an attempt. None of the methods may throw. */
export interface ForwardOwner {
  readonly call: Call
  readonly sink: CallSink
  readonly servedBy: string
  /** Null for ordinary calls. */
  readonly upgrade: Upgrade<Duplex> | null
  /**
   * The watchdog answered that its process does not listen. True: the call starts again, through `onFailed`.
   * False: this is the answer.
   */
  onProcessMissing(): boolean
  /** Final status and headers came. */
  onAnswer(status: number): void
  onAnswered(trailers: string[]): void
  onSwitched(rawHeaders: string[], socket: Duplex): void
  onFailed(failure: Failure, error: Error): void
}

/** One attempt to make one call on one connection: what is written to it, and what comes back. */
export class Forward implements ConnectionUser, AnswerTaker, BodyOwner {
  readonly target: Target
  readonly #owner: ForwardOwner
  readonly #connection: Connection
  readonly #reader: AnswerReader
  #headers: readonly string[] = []
  #body: BodySender | null = null
  #isHeld = true
  #hasBytes = false
  /** Grows while the body is being sent. */
  progress = 0
  isSent = false

  constructor(owner: ForwardOwner, target: Target, freshness: Freshness) {
    const isUpgrade = owner.upgrade !== null
    this.#owner = owner
    this.target = target
    const { method } = owner.call
    this.#reader = new AnswerReader(this, { method, isUpgrade, maxHeadBytes: target.maxHeaderBytes })
    this.#connection = isUpgrade ? target.openForTunnel() : target.acquire(freshness)
  }

  /** The body is not read before there is a connection. */
  start(headers: readonly string[]): void {
    this.#headers = headers
    this.#connection.take(this)
  }

  resume(): void {
    if (this.#isHeld) this.#connection.resume()
  }

  /** Ends the attempt without telling its owner. */
  cancel(): void {
    if (!this.#isHeld) return
    this.#letGo()
    this.#connection.abort()
  }

  // ConnectionUser

  onOpen(): void {
    const { call, upgrade } = this.#owner
    let head: string
    try {
      const destination = { host: this.target.address, protocol: upgrade?.protocol ?? null }
      head = requestHead(call, this.#headers, destination)
    } catch (error) {
      if (!(error instanceof FaasError)) throw error
      this.#fail('invalid', error)
      return
    }
    if (call.body instanceof Uint8Array) this.#writeWhole(head, call.body)
    else this.#connection.writeLate(head)
  }

  /** A streamed body is not read earlier: until then the call may still move to another connection. */
  onWritten(): void {
    const { call } = this.#owner
    if (call.body === null || call.body instanceof Uint8Array) {
      this.isSent = true
      return
    }
    this.#body = new BodySender({ call, headers: this.#headers }, this.#connection, this)
    this.#body.start()
  }

  onBytes(bytes: Buffer, length: number): boolean {
    try {
      if (this.#connection.isUnsent) throw new MalformedError('something before it was asked')
      this.#hasBytes = true
      return this.#reader.push(bytes, length)
    } catch (error) {
      this.#onUnreadable(error)
      return true
    }
  }

  onDrain(): void {
    this.progress += 1
    this.#body?.onDrain()
  }

  onEnd(): void {
    if (!this.#hasBytes) return this.onBroken(new UnansweredError())
    try {
      this.#reader.end()
    } catch (error) {
      this.#onUnreadable(error)
    }
  }

  onBroken(error: Error): void {
    this.#fail(this.#failureOf(error), this.#hasBytes ? error : unanswered(error))
  }

  // BodyOwner

  onProgress(): void {
    this.progress += 1
  }

  onSent(): void {
    this.isSent = true
    this.progress += 1
  }

  onBodyFailed(error: Error): void {
    this.#fail('invalid', error)
  }

  // AnswerTaker

  onInterim(status: number, fields: string[]): void {
    if (this.#isHeld) this.#owner.sink.onInterim(status, unknownPairs(fields).flat())
  }

  onHead(status: number, fields: string[]): void {
    if (!this.#isHeld) return
    if (this.target.isUnproven && this.#isUnready(status, fields)) return
    const { call, sink, servedBy } = this.#owner
    const head = answerHead(fields, { call, status, servedBy, address: this.target.address })
    this.#owner.onAnswer(status)
    const length = isBodyless({ method: call.method, status }) ? 0 : head.length
    sink.onStart(status, head.headers, length)
  }

  onData(chunk: Buffer): boolean {
    return this.#isHeld ? this.#owner.sink.onData(chunk) : true
  }

  onComplete(trailers: string[], { isReusable, idleMs }: AnswerEnd): void {
    if (!this.#isHeld) return
    this.#letGo()
    // A connection cannot be reused while the rest of a request body is unsent, or after an upgrade was asked
    // for.
    const isClean = this.isSent && this.#connection.isFlushed && this.#owner.upgrade === null
    if (isReusable && isClean) this.target.giveBack(this.#connection, idleMs)
    else this.#connection.destroy()
    this.#owner.onAnswered(unknownPairs(trailers).flat())
  }

  onSwitched(fields: string[], rest: Buffer): void {
    const { call, upgrade, servedBy } = this.#owner
    if (!this.#isHeld || upgrade === null) return
    this.#letGo()
    const { headers } = answerHead(fields, { call, status: 101, servedBy, address: this.target.address })
    headers.push('Connection', 'Upgrade', 'Upgrade', protocolOf(fields) ?? upgrade.protocol)
    this.#owner.onSwitched(headers, this.#connection.handOver(rest))
  }

  /** Checked only until the process of this replica has given one answer. */
  #isUnready(status: number, fields: readonly string[]): boolean {
    if (!isProcessMissing(status, fields)) {
      this.target.isUnproven = false
      return false
    }
    const beginsAgain = this.#owner.onProcessMissing()
    if (beginsAgain) this.#fail('unready', new Error('its process does not listen yet'))
    return beginsAgain
  }

  /** In one piece: one system call, one packet. */
  #writeWhole(head: string, body: Uint8Array): void {
    const whole = Buffer.allocUnsafe(head.length + body.length)
    whole.write(head, 0, 'latin1')
    whole.set(body, head.length)
    this.#connection.writeLate(whole)
  }

  /** Later events on the connection are not for this attempt. */
  #letGo(): void {
    this.#isHeld = false
    this.#body?.stop()
  }

  #onUnreadable(error: unknown): void {
    if (!(error instanceof MalformedError)) throw error
    // A connection that broke before the first byte is not the same as a malformed answer.
    this.#fail(this.#failureOf(error), new Error(`it sent ${error.message}`))
  }

  #fail(failure: Failure, error: Error): void {
    if (!this.#isHeld) return
    this.#letGo()
    this.#connection.destroy()
    this.#owner.onFailed(failure, error)
  }

  #failureOf(error: Error): Failure {
    if (error instanceof ConnectError) return error.isOurs ? 'exhausted' : 'refused'
    if (!this.#connection.isReused || this.#hasBytes) return 'broken'
    return this.#connection.isUnsent ? 'unsent' : 'stale'
  }
}

/** What the function switched to, in its own words. */
function protocolOf(fields: readonly string[]): string | undefined {
  const at = fields.findIndex((text, index) => index % 2 === 0 && text.toLowerCase() === 'upgrade')
  return at < 0 ? undefined : fields[at + 1]
}
