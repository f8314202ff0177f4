import type { Clock } from '../clock.ts'
import type { Call, CallSink, RunningCall } from '../core/call.ts'
import { FaasError, messageOf } from '../core/errors.ts'
import type { Replica } from '../core/replica.ts'
import { Forward, type Failure, type ForwardOwner } from './forward.ts'
import { requestHeaders } from './request-headers.ts'
import type { Roster, Sweepable } from './roster.ts'
import type { Route } from './route-table.ts'
import type { Target } from './target.ts'
import type { Waiter, Waker } from './waker.ts'

/** Limits of one call, milliseconds; 0 means none. */
export interface CallLimits {
  /** Until the function begins its answer, while it is not waiting for the caller's body. */
  readonly upstreamMs: number
  /** From the start of the call to the end of the answer. */
  readonly writeMs: number
  /** Longest wait for a replica. */
  readonly wakeMs: number
}

/** What all calls have in common. */
export interface InvocationContext {
  readonly clock: Clock
  readonly limits: CallLimits
  readonly waker: Waker
  readonly roster: Roster
  /** A replica did not take a connection. Must not throw. */
  readonly suspect: (replica: Replica) => void
  readonly userAgent: string
  readonly servedBy: string
}

/** Replicas that may refuse one call before it fails: a bound on a provider that always knows another one. */
const MAX_REFUSALS = 10

/** Methods that may be sent twice when the first attempt met a connection that was just closing (RFC 9110, 9.2.2). */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])

/**
 * One call from its start to its end:
 *
 *   (start) ─▶ forwarding ─▶ over
 *      │        │  ▲ │ refused, nobody else ready
 *      └─▶ waiting ◀─┘
 */
export class Invocation implements RunningCall, ForwardOwner, Waiter, Sweepable {
  readonly call: Call
  readonly sink: CallSink
  readonly #context: InvocationContext
  readonly #route: Route
  readonly #startedMs: number
  #headers: string[] = []
  #forward: Forward | null = null
  #status = 0
  #isOver = false
  #isWaiting = false
  #waitStartedMs = 0
  #waitedMs = 0
  #waitRounds = 0
  #refusals = 0
  #lastRefusal: Error | null = null
  #hasRetried = false
  #unsent = 0
  #seenProgress = -1
  #progressMs = 0

  constructor(context: InvocationContext, route: Route, call: Call, sink: CallSink) {
    this.#context = context
    this.#route = route
    this.call = call
    this.sink = sink
    this.#startedMs = context.clock.now()
  }

  get servedBy(): string {
    return this.#context.servedBy
  }

  start(): void {
    this.#route.metrics.begin()
    this.#context.roster.add(this)
    try {
      this.#headers = requestHeaders(this.call, this.#context.userAgent)
      this.#next()
    } catch (error) {
      this.#fail(error instanceof FaasError ? error : this.#unavailable(error))
    }
  }

  // RunningCall

  resume(): void {
    this.#forward?.resume()
  }

  cancel(countAs: number): void {
    if (this.#isOver) return
    this.#stopWork()
    this.#end(countAs)
  }

  // Sweepable

  check(nowMs: number): void {
    const { upstreamMs, writeMs, wakeMs } = this.#context.limits
    if (writeMs > 0 && nowMs - this.#startedMs >= writeMs) {
      if (this.#isWaiting) this.#failWaiting(null)
      else this.#timeOut(`did not complete its answer within ${writeMs} ms`)
    } else if (this.#isWaiting) {
      if (this.#waitRounds > 1 && this.#waitedMsAt(nowMs) >= wakeMs) this.#failWaiting(null)
    } else if (upstreamMs > 0 && this.#status === 0 && this.#isIdleSince(nowMs) >= upstreamMs) {
      this.#timeOut(`did not answer within ${upstreamMs} ms`)
    }
  }

  abort(): void {
    if (this.#isOver) return
    this.#stopWork()
    this.#fail(new FaasError('unavailable', `function ${this.#route.fn}: the gateway is stopping`))
  }

  // Waiter

  onReady(replica: Replica): void {
    this.#stopWaiting()
    this.#forwardTo(this.#route.pick() ?? this.#route.admit(replica), false)
  }

  onUnready(error: unknown, again: boolean): void {
    this.#stopWaiting()
    // The last part of a wait is not worth another round.
    if (again && this.#waitedMs < this.#context.limits.wakeMs * 0.9) this.#wait()
    else this.#failWaiting(error)
  }

  // ForwardOwner

  onAnswer(status: number): void {
    this.#status = status
  }

  onAnswered(trailers: string[]): void {
    this.#end(this.#status)
    this.sink.onEnd(trailers)
  }

  onFailed(failure: Failure, error: Error): void {
    const target = this.#forward?.target
    this.#leaveTarget()
    if (this.#isOver || target === undefined) return
    if (failure === 'refused') this.#onRefused(target, error)
    else if (failure === 'unsent') this.#onUnsent(target)
    else if (failure === 'stale' && this.#mayRetry()) this.#retry(target)
    else if (failure === 'invalid') this.#fail(new FaasError('invalid', messageOf(error), { cause: error }))
    else this.#fail(this.#broken(error))
  }

  #next(): void {
    const target = this.#route.pick()
    if (target === undefined) this.#wait()
    else this.#forwardTo(target, false)
  }

  #forwardTo(target: Target, fresh: boolean): void {
    target.enter()
    const forward = new Forward(this, target, fresh)
    this.#forward = forward
    this.#seenProgress = -1
    forward.start(this.#headers)
  }

  #onRefused(target: Target, error: Error): void {
    this.#route.leaveOut(target)
    this.#context.suspect(target.replica)
    this.#lastRefusal = error
    this.#refusals += 1
    if (this.#refusals >= MAX_REFUSALS) this.#failWaiting(null)
    else this.#next()
  }

  /** Nothing was sent, so any call may be sent again; a second time not on a kept connection. */
  #onUnsent(target: Target): void {
    this.#unsent += 1
    this.#forwardTo(target, this.#unsent > 1)
  }

  #mayRetry(): boolean {
    return !this.#hasRetried && this.call.body === null && IDEMPOTENT.has(this.call.method)
  }

  #retry(target: Target): void {
    this.#hasRetried = true
    this.#forwardTo(target, true)
  }

  #wait(): void {
    try {
      this.#context.waker.wait(this.#route.fn, this)
    } catch (error) {
      this.#failWaiting(error)
      return
    }
    this.#isWaiting = true
    this.#waitRounds += 1
    this.#waitStartedMs = this.#context.clock.now()
  }

  #stopWaiting(): void {
    this.#waitedMs = this.#waitedMsAt(this.#context.clock.now())
    this.#isWaiting = false
  }

  #waitedMsAt(nowMs: number): number {
    return this.#isWaiting ? this.#waitedMs + nowMs - this.#waitStartedMs : this.#waitedMs
  }

  /** Milliseconds for which the function has neither answered nor taken more of the body. */
  #isIdleSince(nowMs: number): number {
    const forward = this.#forward
    if (forward === null) return 0
    const { body } = this.call
    const isCallersTurn = !forward.isSent && isEmptyStream(body)
    if (forward.progress !== this.#seenProgress || isCallersTurn) {
      this.#seenProgress = forward.progress
      this.#progressMs = nowMs
    }
    return nowMs - this.#progressMs
  }

  #timeOut(what: string): void {
    this.#stopWork()
    this.#fail(new FaasError('timed-out', `function ${this.#route.fn} ${what}`))
  }

  #failWaiting(reason: unknown): void {
    if (this.#isWaiting) this.#stopWaiting()
    this.#context.waker.leave(this.#route.fn, this)
    if (this.#lastRefusal !== null) this.#fail(this.#broken(this.#lastRefusal))
    else if (reason instanceof FaasError) this.#fail(reason)
    else this.#fail(this.#unavailable(reason))
  }

  #unavailable(cause: unknown): FaasError {
    return new FaasError('unavailable', `function ${this.#route.fn}: no replica is ready`, { cause })
  }

  #broken(error: Error): FaasError {
    const { fn } = this.#route
    return new FaasError(
      'bad-gateway',
      `function ${fn} cannot be reached or broke off: ${messageOf(error)}`,
      {
        cause: error,
      },
    )
  }

  #stopWork(): void {
    if (this.#isWaiting) {
      this.#stopWaiting()
      this.#context.waker.leave(this.#route.fn, this)
    }
    this.#forward?.cancel()
  }

  #fail(error: FaasError): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#end(this.sink.onError(error))
  }

  #leaveTarget(): void {
    this.#forward?.target.leave()
    this.#forward = null
  }

  #end(status: number): void {
    this.#isOver = true
    this.#leaveTarget()
    this.#context.roster.delete(this)
    const ms = this.#context.clock.now() - this.#startedMs - this.#waitedMs
    this.#route.metrics.end(status, ms)
  }
}

/** Whether a streamed body has nothing for us at this moment. */
function isEmptyStream(body: Call['body']): boolean {
  return body !== null && 'readableLength' in body && body.readableLength === 0
}
