import type { Duplex } from 'node:stream'
import type { Call, CallSink, RunningCall, Upgrade } from '../core/calls/call.ts'
import type { CallPolicy, TimeLimit } from '../core/calls/call-policy.ts'
import { FaasError, statusOf } from '../core/errors.ts'
import type { Suspicion } from '../core/provider/provider.ts'
import type { Replica } from '../core/provider/replica.ts'
import * as failures from './call-failures.ts'
import { CallTime } from './call-time.ts'
import { Forward, type Failure, type ForwardOwner } from './forward.ts'
import { freshnessFor, mayRepeat } from './may-repeat.ts'
import { requestHeaders } from './headers/request-headers.ts'
import type { InvocationContext, Order } from './invocation-context.ts'
import type { ActiveCall } from './active-calls.ts'
import type { Route } from './route-table.ts'
import type { Target } from './target.ts'
import { UnansweredError } from './unanswered.ts'
import type { PlaceWaiter } from './waiting/place-queue.ts'
import type { Waiter } from './waiting/waker.ts'

/**
 * Most replicas that may refuse one call before it fails: a bound, in case the provider always finds another
 * one.
 */
const MAX_REFUSALS = 10

/**
 * One call from its start to its end:
 *
 *   (start) ─▶ forwarding ─▶ over
 *      │        │  ▲ │ refused, nobody else ready
 *      └─▶ waiting ◀─┘
 *
 *   forwarding  `#forward` is set; `#status` is not 0 once the answer has begun, `#tunnel` is set after an upgrade
 *   waiting     `#time.isWaiting`, and the waker knows the call, or the route's queue for a replica with room
 *   over        `#isOver`: the sink was told the end, the caller cancelled, or the tunnel closed
 */
export class Invocation implements RunningCall, ForwardOwner, Waiter, PlaceWaiter, ActiveCall {
  readonly call: Call
  readonly sink: CallSink
  readonly upgrade: Upgrade<Duplex> | null
  before: ActiveCall | null = null
  after: ActiveCall | null = null
  readonly #context: InvocationContext
  readonly #route: Route
  readonly #policy: CallPolicy
  readonly #time: CallTime
  #headers: string[] = []
  #forward: Forward | null = null
  #status = 0
  #isOver = false
  #tunnel: Duplex | null = null
  #refusals = 0
  #lastRefusal: Error | null = null
  #hasRetried = false

  constructor(context: InvocationContext, route: Route, { call, sink, upgrade }: Order) {
    this.#context = context
    this.#route = route
    this.#policy = route.policy
    this.call = call
    this.sink = sink
    this.upgrade = upgrade
    this.#time = new CallTime(context.clock.now())
  }

  get servedBy(): string {
    return this.#context.servedBy
  }

  start(): void {
    this.#route.metrics.begin()
    this.#context.activeCalls.add(this)
    try {
      this.#headers = requestHeaders(this.call, this.#context.rules)
      this.#next()
    } catch (error) {
      this.#fail(error instanceof FaasError ? error : failures.noneReady(this.#route.fn, error))
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

  // ActiveCall

  check(nowMs: number): void {
    if (this.#tunnel !== null) return
    const progress = { forward: this.#forward, body: this.call.body, isAnswered: this.#status !== 0 }
    const overdue = this.#time.overdue(nowMs, progress, this.#policy)
    if (overdue === null) return
    const { what, limit } = overdue
    if (this.#time.isQueued) this.onNoPlace(limit)
    else if (what === null) this.#failLate(null, limit)
    else {
      this.#stopWork()
      this.#fail(failures.timedOut(this.#route.fn, what, limit))
    }
  }

  abort(): void {
    if (this.#isOver) return
    this.#stopWork()
    this.#fail(failures.stopping())
  }

  // Waiter

  onReady(replica: Replica): void {
    this.#stopWaiting()
    this.#forwardOrQueue(this.#route.pick() ?? this.#route.take(replica))
  }

  onUnready(error: unknown, again: boolean): void {
    const { wake } = this.#policy
    this.#stopWaiting()
    if (!again) this.#failWaiting(error)
    // When little of the waiting time is left, another round is not worth it.
    else if (this.#time.waitedMs(this.#nowMs()) < wake.ms * 0.9) this.#beginWait()
    else this.#failLate(error, wake)
  }

  // PlaceWaiter

  onPlace(): void {
    this.#stopWaiting()
    this.#next()
  }

  onNoPlace(limit: TimeLimit): void {
    const { fn, policy } = this.#route
    this.#stopWaiting()
    this.#fail(failures.noPlace(fn, policy.places?.perReplica ?? null, limit))
  }

  // ForwardOwner

  onAnswer(status: number): void {
    this.#status = status
  }

  onProcessMissing(): boolean {
    const target = this.#forward?.target
    // A watchdog that always says this is believed in the end, because it says the same of a process that
    // breaks off.
    if (target === undefined || this.#refusals + 1 >= MAX_REFUSALS) return false
    if (mayRepeat(this.call, 'unready')) return true
    this.#context.suspect(target.replica, 'unready')
    return false
  }

  onAnswered(trailers: string[]): void {
    this.#end(this.#status)
    this.sink.onEnd(trailers)
  }

  /** Runs until either side ends it, without time limits. */
  onSwitched(rawHeaders: string[], socket: Duplex): void {
    this.#tunnel = socket
    const endSoon = this.upgrade?.onUpgraded(rawHeaders, socket)
    const forget = endSoon && this.#forward?.target.openTunnel(endSoon)
    socket.once('close', () => {
      forget?.()
      if (!this.#isOver) this.#end(101)
    })
  }

  onFailed(failure: Failure, error: Error): void {
    const target = this.#forward?.target
    this.#leaveTarget()
    if (this.#isOver || target === undefined) return
    if (failure === 'refused' || failure === 'unready') this.#onNotReady(target, { why: failure, error })
    else if (!this.#hasRetried && mayRepeat(this.call, failure)) this.#retry(target)
    else if (failure === 'exhausted') this.#fail(failures.noneReady(this.#route.fn, error))
    else if (failure === 'invalid') this.#fail(failures.unsendable(error))
    else if (error instanceof UnansweredError) void this.#failWithFate(target, error)
    else this.#fail(failures.brokenOff(this.#route.fn, error))
  }

  #next(): void {
    const target = this.#route.pick()
    if (target === undefined) this.#beginWait()
    else this.#forwardOrQueue(target)
  }

  #forwardOrQueue(target: Target): void {
    if (!this.#route.isFull(target)) this.#forwardTo(target)
    else if (this.#route.queueUp(this)) this.#time.beginWait(this.#nowMs(), true)
    else this.#fail(failures.queueFull(this.#route.fn, this.#policy.waiting))
  }

  #forwardTo(target: Target): void {
    target.enter()
    const forward = new Forward(this, target, this.#hasRetried ? 'fresh' : freshnessFor(this.call))
    this.#forward = forward
    forward.start(this.#headers)
  }

  #onNotReady(target: Target, { why, error }: { readonly why: Suspicion; readonly error: Error }): void {
    this.#route.leaveOut(target)
    this.#context.suspect(target.replica, why)
    this.#lastRefusal = error
    this.#refusals += 1
    if (this.#refusals >= MAX_REFUSALS) this.#failWaiting(null)
    else this.#next()
  }

  /** Its process may have died within the call: the caller wants to know how. */
  async #failWithFate({ replica }: Target, error: Error): Promise<void> {
    const fate = await this.#context.fate(replica)
    this.#fail(failures.brokenOff(this.#route.fn, error, fate))
  }

  #retry(target: Target): void {
    this.#hasRetried = true
    if (target.isLost) this.#next()
    else this.#forwardOrQueue(target)
  }

  #beginWait(): void {
    if (this.#route.isRemoved) {
      this.#fail(failures.notFound(this.call.fn))
      return
    }
    this.#time.beginWait(this.#nowMs())
    this.#context.waker.wait(this.#route.fn, this)
  }

  #nowMs(): number {
    return this.#context.clock.now()
  }

  #stopWaiting(): void {
    if (!this.#time.isWaiting) return
    this.#time.endWait(this.#nowMs())
    this.#context.waker.leave(this.#route.fn, this)
    this.#route.leaveQueue(this)
  }

  #failLate(reason: unknown, limit: TimeLimit): void {
    const { fn } = this.#route
    this.#failWaiting(failures.waitedTooLong(fn, reason ?? this.#context.whyNotReady(fn), limit))
  }

  #failWaiting(reason: unknown): void {
    this.#stopWaiting()
    if (this.#lastRefusal !== null) this.#fail(failures.brokenOff(this.#route.fn, this.#lastRefusal))
    else if (reason instanceof FaasError) this.#fail(reason)
    else this.#fail(failures.noneReady(this.#route.fn, reason))
  }

  #stopWork(): void {
    this.#stopWaiting()
    this.#forward?.cancel()
    this.#tunnel?.destroy()
  }

  #fail(error: FaasError): void {
    if (this.#isOver) return
    this.#isOver = true
    if (this.#status !== 0) this.#context.onBrokenOff(this.call, error)
    this.sink.onError(error)
    // The caller has already seen the status of an answer that has begun.
    this.#end(this.#status === 0 ? statusOf(error) : this.#status)
  }

  #leaveTarget(): void {
    if (this.#forward === null) return
    this.#forward.target.leave()
    this.#forward = null
    this.#route.admit()
  }

  #end(status: number): void {
    this.#isOver = true
    this.#leaveTarget()
    this.#context.activeCalls.delete(this)
    this.#route.metrics.end(status, this.#time.tookMs(this.#nowMs()))
  }
}
