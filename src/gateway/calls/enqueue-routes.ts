import type { Clock } from '../../clock.ts'
import type { Accepted, AsyncRequest } from '../../core/calls/async-request.ts'
import { FaasError, statusOf } from '../../core/errors.ts'
import { misdirected } from '../../core/host-names.ts'
import type { Log } from '../../log.ts'
import type { ByteBudget } from '../edge/budgets/byte-budget.ts'
import type { Exchange } from '../edge/exchange.ts'
import { RequestBody } from '../edge/intake/request-body.ts'
import { CALL_PREFIX, QUEUED_CALL_PREFIX } from '../shared/call-routes.ts'
import { type CallHead, callHead } from './call-head.ts'
import { whyFull } from './waiting-body.ts'

export interface EnqueueRoutesOptions {
  /** Takes a call; resolves when it is safe. */
  readonly queue: { accept(request: AsyncRequest): Promise<Accepted> }
  /** Calls that the function itself decides about. */
  readonly calls: { handle(exchange: Exchange, url: string, waitingBodies: ByteBudget): void }
  readonly answersTo: (host: string) => boolean
  readonly clock: Clock
  readonly log: Log
  readonly product: string
}

/** `POST /async-function/NAME...`: requests become calls that are made later. */
export class EnqueueRoutes {
  readonly #options: EnqueueRoutesOptions

  constructor(options: EnqueueRoutesOptions) {
    this.#options = options
  }

  /** `url`: the target, beginning with the prefix of queued calls. */
  handle(exchange: Exchange, url: string, waitingBodies: ByteBudget): void {
    const { calls, clock, product: servedBy } = this.#options
    const { method } = exchange.head
    // Whether a page of another origin may call it is for the function to say.
    if (method === 'OPTIONS') {
      calls.handle(exchange, CALL_PREFIX + url.slice(QUEUED_CALL_PREFIX.length), waitingBodies)
      return
    }
    const head = callHead(exchange, url, { nowMs: clock.wall(), servedBy, prefix: QUEUED_CALL_PREFIX })
    if (method !== 'POST') return answer(exchange, head, { status: 405 })
    const { body } = exchange
    const full = body instanceof RequestBody ? whyFull(head.fn, body, waitingBodies) : null
    if (full !== null) return answer(exchange, head, full)
    void this.#accept(exchange, head)
  }

  /** Never rejects. */
  async #accept(exchange: Exchange, head: CallHead): Promise<void> {
    const { queue, log } = this.#options
    try {
      const request = this.#request(exchange, head)
      const { callId, isDuplicate } = await queue.accept(request)
      accepted(exchange, head, { callId, isDuplicate })
    } catch (error) {
      if (error instanceof FaasError) {
        const { message, retryAfterS } = error
        answer(exchange, head, { status: statusOf(error), message, ...(retryAfterS && { retryAfterS }) })
      } else if (!exchange.isOver) {
        log.error('asynchronous call not accepted', { fn: head.fn, callId: head.callId, err: error })
        answer(exchange, head, { status: 500, message: 'internal error' })
      }
    }
  }

  #request(
    { head: { method, rawHeaders, host, bodyLength: length }, body }: Exchange,
    head: CallHead,
  ): AsyncRequest {
    if (host !== null && !this.#options.answersTo(host)) throw new FaasError('misdirected', misdirected(host))
    const { fn, path, callId, startTime, forwardedFor } = head
    const more = { length, callId, startTime, forwardedFor, forwardedHost: host, queue: '' }
    return { fn, method, path, rawHeaders, body, ...more }
  }
}

function accepted(
  exchange: Exchange,
  { startTime, servedBy }: CallHead,
  { callId, isDuplicate }: { callId: string; isDuplicate: boolean },
): void {
  const headers = ['X-Call-Id', callId, 'X-Start-Time', startTime, 'X-Served-By', servedBy]
  headers.push('Location', `/system/async/calls/${encodeURIComponent(callId)}`)
  if (isDuplicate) headers.push('X-Duplicate', 'true')
  exchange.start(202, [...headers, 'Content-Length', '0'], 0)
  exchange.end()
}

interface Refusal {
  readonly status: number
  readonly message?: string
  readonly retryAfterS?: number
}

function answer(exchange: Exchange, head: CallHead, { status, message = '', retryAfterS }: Refusal): void {
  const { callId, startTime, servedBy } = head
  const headers = ['X-Call-Id', callId, 'X-Start-Time', startTime, 'X-Served-By', servedBy]
  headers.push('X-OpenFaaS-Internal', 'queue')
  if (retryAfterS !== undefined) headers.push('Retry-After', String(retryAfterS))
  exchange.answer(status, message, headers)
}
