import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '../clock.ts'
import type { Call, CallSink, RunningCall } from '../core/call.ts'
import type { Log } from '../log.ts'
import { writeCallError } from './call-error.ts'
import { callHead, type CallHead } from './call-head.ts'
import { CALL_METHODS } from './call-routes.ts'
import { HttpCall, type HttpCallShared } from './http-call.ts'
import { RequestBody } from './request-body.ts'
import { WriteBatch } from '../write-batch.ts'

/** Who makes calls; `assemble.ts` plugs the invoker. */
export interface CallPort {
  invoke(call: Call, sink: CallSink): RunningCall
  /** Counts a call that is refused here; false when there is no such function. */
  countRefused(fn: string, status: number): boolean
}

export interface InvokeRoutesOptions {
  readonly calls: CallPort
  readonly clock: Clock
  readonly log: Log
  /** Ours, for `X-Served-By`. */
  readonly version: string
}

const METHODS: ReadonlySet<string> = new Set(CALL_METHODS)

/** Reads no body that was announced, and sends none. */
const nothing = (): void => undefined

/** `/function/NAME...`: raw requests become calls. No framework, no parsing of bodies, nothing buffered that need not be. */
export class InvokeRoutes {
  readonly #options: InvokeRoutesOptions
  readonly #servedBy: string
  readonly #shared: HttpCallShared

  constructor(options: InvokeRoutesOptions) {
    this.#options = options
    this.#shared = { clock: options.clock, writes: new WriteBatch() }
    this.#servedBy = `sampan/${options.version}`
  }

  /** For `request`. Never throws. */
  handle(req: IncomingMessage, res: ServerResponse): void {
    this.#serve(req, res, nothing)
  }

  /** For `checkContinue`: the client sends its body when it is told to, which is when a replica is there to take it. */
  handleContinue(req: IncomingMessage, res: ServerResponse): void {
    this.#serve(req, res, () => {
      if (!res.destroyed && !res.headersSent) res.writeContinue()
    })
  }

  #serve(req: IncomingMessage, res: ServerResponse, onWanted: () => void): void {
    const { clock } = this.#options
    const head = callHead(req, clock.wall(), this.#servedBy)
    if (!METHODS.has(req.method ?? '')) return this.#refuseMethod(res, head)

    const call = new HttpCall(head, res, this.#shared)
    if (!hasBody(req)) return this.#invoke(call)
    if (onWanted !== nothing) {
      call.body = new RequestBody(req, onWanted)
      return this.#invoke(call)
    }
    process.nextTick(() => {
      call.body = bodyAtHand(req) ?? new RequestBody(req, nothing)
      this.#invoke(call)
    })
  }

  #invoke(call: HttpCall): void {
    try {
      call.attach(this.#options.calls.invoke(call, call))
    } catch (error) {
      this.#options.log.error('call failed unexpectedly', { fn: call.fn, callId: call.callId, err: error })
      call.fail()
    }
  }

  #refuseMethod(res: ServerResponse, head: CallHead): void {
    const isKnown = this.#options.calls.countRefused(head.fn, 405)
    const { callId, startTime, servedBy } = head
    const refusal = isKnown ? { status: 405, message: '' } : { status: 404, message: 'no such function' }
    writeCallError(res, { ...refusal, callId, startTime, servedBy })
  }
}

/** A small body comes in one piece with its head, which by now is parsed, though Node has not said yet that the request is complete. */
function bodyAtHand(req: IncomingMessage): Buffer | null {
  return req.readableLength === Number(req.headers['content-length']) ? (req.read() as Buffer | null) : null
}

function hasBody(req: IncomingMessage): boolean {
  const length = req.headers['content-length']
  if (length !== undefined) return length !== '0'
  return req.headers['transfer-encoding'] !== undefined
}
