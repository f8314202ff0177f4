import type { Duplex } from 'node:stream'
import type { Clock } from '../../clock.ts'
import type { Call, CallSink, RunningCall, Upgrade } from '../../core/calls/call.ts'
import type { Log } from '../../log.ts'
import { callHead } from './call-head.ts'
import { CALL_METHODS, CALL_PREFIX } from '../shared/call-routes.ts'
import type { ByteBudget } from '../edge/budgets/byte-budget.ts'
import type { Exchange } from '../edge/exchange.ts'
import { RequestBody } from '../edge/intake/request-body.ts'
import { HttpCall } from './http-call.ts'
import { tunnel } from './tunnel.ts'
import { whyFull } from './waiting-body.ts'

/** The invoker, as this file needs it; `assemble/` connects it. */
export interface CallPort {
  invoke(call: Call, sink: CallSink): RunningCall
  /** As `invoke`, for a call that asks for an upgrade. */
  upgrade(call: Call, sink: CallSink, upgrade: Upgrade<Duplex>): RunningCall
  /** Counts a call that is refused here; false when there is no such function. */
  countRefused(fn: string, status: number): boolean
}

export interface InvokeRoutesOptions {
  readonly calls: CallPort
  readonly clock: Clock
  readonly log: Log
  /** Ours, for `X-Served-By`: `productOf`. */
  readonly product: string
}

const METHODS: ReadonlySet<string> = new Set(CALL_METHODS)

/**
 * `/function/NAME...`: turns requests into calls. No framework, no parsing of bodies, no needless buffering.
 */
export class InvokeRoutes {
  readonly #options: InvokeRoutesOptions

  constructor(options: InvokeRoutesOptions) {
    this.#options = options
  }

  /**
   * `url`: the target, beginning with the prefix of calls. `waitingBodies`: parts of request bodies that wait
   * for a function.
   */
  handle(exchange: Exchange, url: string, waitingBodies: ByteBudget): void {
    const call = this.#callOf(exchange, url)
    if (!METHODS.has(exchange.head.method)) {
      this.#refuse(call, 405, '')
      return
    }
    const full = exchange.body instanceof RequestBody ? whyFull(call.fn, exchange.body, waitingBodies) : null
    if (full !== null) this.#refuse(call, full.status, full.message)
    else this.#run(call, () => this.#options.calls.invoke(call, call))
  }

  /**
   * A WebSocket: bytes are passed on once the function agrees. If it does not agree, the connection ends
   * after its answer.
   */
  upgrade(exchange: Exchange, url: string, protocol: string): void {
    const call = this.#callOf(exchange, url)
    exchange.closeAfter()
    if (exchange.body !== null) {
      call.refuse(400, 'a request for an upgrade cannot have a body')
      return
    }
    const onUpgraded = (rawHeaders: string[], upstream: Duplex): (() => void) =>
      tunnel({ client: exchange.switchProtocols(rawHeaders), upstream }, this.#options.clock)
    this.#run(call, () => this.#options.calls.upgrade(call, call, { protocol, onUpgraded }))
  }

  #callOf(exchange: Exchange, url: string): HttpCall {
    const { clock, product } = this.#options
    const moment = { nowMs: clock.wall(), servedBy: product, prefix: CALL_PREFIX }
    return new HttpCall(callHead(exchange, url, moment), exchange)
  }

  #run(call: HttpCall, start: () => RunningCall): void {
    try {
      call.attach(start())
    } catch (error) {
      this.#options.log.error('call failed unexpectedly', { fn: call.fn, callId: call.callId, err: error })
      call.fail()
    }
  }

  #refuse(call: HttpCall, status: number, message: string): void {
    if (this.#options.calls.countRefused(call.fn, status)) call.refuse(status, message)
    else call.refuse(404, 'no such function')
  }
}
