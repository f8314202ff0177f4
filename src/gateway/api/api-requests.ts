import { Readable } from 'node:stream'
import { FaasError } from '../../core/errors.ts'
import type { Log } from '../../log.ts'
import type { Exchange } from '../edge/exchange.ts'
import { RequestBody } from '../edge/intake/request-body.ts'
import type { ApiEnv } from '../shared/api-context.ts'

/** The Hono app's `fetch`. */
export type Api = (request: Request, env: ApiEnv['Bindings']) => Response | Promise<Response>

export interface ApiRequestsOptions {
  readonly api: Api
  /** Aborts when the server drains. */
  readonly stopping: AbortSignal
  readonly log: Log
}

/** Methods that a standard `Request` allows and a route can be registered for. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

/** Translates exchanges into standard requests, and standard responses back into answers. */
export class ApiRequests {
  readonly #options: ApiRequestsOptions

  constructor(options: ApiRequestsOptions) {
    this.#options = options
  }

  /** `url`: path and query, clean. Never rejects. */
  async serve(exchange: Exchange, url: string): Promise<void> {
    const { api, stopping, log } = this.#options
    // The same answer as for a method that a route does not have.
    if (!METHODS.has(exchange.head.method)) return exchange.answer(405, '')
    const sender = new ResponseSender(exchange)
    try {
      const request = requestOf(exchange, url, sender.signal)
      if (request === null) return exchange.answer(400, 'bad request')
      await sender.send(await api(request, { remoteAddress: exchange.remoteAddress, stopping }))
    } catch (err) {
      if (sender.signal.aborted) return
      log.error('request failed unexpectedly', { err })
      if (exchange.hasBegun) exchange.breakOff()
      else exchange.answer(500, 'internal error')
    }
  }
}

/** Null for a head that cannot be written as a standard request. */
function requestOf(exchange: Exchange, url: string, signal: AbortSignal): Request | null {
  const { head, body } = exchange
  const { method, rawHeaders } = head
  try {
    const headers = new Headers()
    for (let at = 0; at + 1 < rawHeaders.length; at += 2)
      headers.append(rawHeaders[at] ?? '', rawHeaders[at + 1] ?? '')
    const init: RequestInit & { duplex: 'half' } = { method, headers, signal, duplex: 'half' }
    // A standard request with these methods has no body; a body that was sent is read and discarded.
    const isBodyless = body === null || method === 'GET' || method === 'HEAD'
    if (!isBodyless)
      init.body =
        body instanceof RequestBody
          ? (Readable.toWeb(body) as ReadableStream)
          : (body as Uint8Array<ArrayBuffer>)
    return new Request(`http://localhost${url}`, init)
  } catch {
    return null
  }
}

/** Sends one response, no faster than the client reads. */
class ResponseSender {
  readonly #exchange: Exchange
  readonly #left = new AbortController()
  #onRoom: () => void = () => undefined

  constructor(exchange: Exchange) {
    this.#exchange = exchange
    exchange.owner = {
      onDrain: () => this.#onRoom(),
      onAborted: () => {
        this.#left.abort(new FaasError('cancelled', 'the client left'))
        this.#onRoom()
      },
    }
  }

  /** Aborts when the client leaves. */
  get signal(): AbortSignal {
    return this.#left.signal
  }

  async send(response: Response): Promise<void> {
    const headers = [...response.headers].flat()
    const reader = response.body?.getReader()
    if (reader === undefined) return this.#sendWhole(response, headers, NOTHING)
    const cancel = (): void => void reader.cancel(this.signal.reason).catch(() => undefined)
    this.signal.addEventListener('abort', cancel, { once: true })
    if (this.signal.aborted) return cancel()

    const first = reader.read()
    const early = await atOnce(first)
    if (early?.done === true) return this.#sendWhole(response, headers, NOTHING)
    if (early === null) return await this.#stream(response, headers, { reader, pieces: [first] })

    // A text body has one piece, and its end follows at once.
    const second = reader.read()
    if ((await atOnce(second))?.done === true) return this.#sendWhole(response, headers, early.value)
    await this.#stream(response, headers, { reader, pieces: [Promise.resolve(early), second] })
  }

  #sendWhole(response: Response, headers: string[], body: Uint8Array): void {
    const hasLength = lengthOf(response) !== null || response.status === 204 || response.status === 304
    if (!hasLength) headers.push('Content-Length', String(body.length))
    this.#exchange.start(response.status, headers, lengthOf(response) ?? body.length)
    this.#exchange.write(body)
    this.#exchange.end()
  }

  /**
   * The head leaves at once: a client that follows a log waits for it, and the first line may come much
   * later.
   */
  async #stream(response: Response, headers: string[], { reader, pieces }: Streaming): Promise<void> {
    this.#exchange.start(response.status, headers, lengthOf(response) ?? -1)
    for (;;) {
      const { done, value } = await (pieces.shift() ?? reader.read())
      if (done) break
      await this.#write(value)
    }
    this.#exchange.end()
  }

  async #write(chunk: Uint8Array): Promise<void> {
    if (this.#exchange.write(chunk) || this.signal.aborted) return
    await new Promise<void>((resolve) => (this.#onRoom = resolve))
  }
}

const NOTHING = new Uint8Array()

type Piece = Awaited<ReturnType<ReadableStreamDefaultReader<Uint8Array>['read']>>

/** A body that arrives in pieces. */
interface Streaming {
  readonly reader: ReadableStreamDefaultReader<Uint8Array>
  /** Reads already requested, in order. */
  readonly pieces: Promise<Piece>[]
}

function lengthOf(response: Response): number | null {
  const length = response.headers.get('content-length')
  return length === null ? null : Number(length)
}

/** Null when it is not available by the end of this turn. */
function atOnce(piece: Promise<Piece>): Promise<Piece | null> {
  return Promise.race([piece, new Promise<null>((resolve) => setImmediate(() => resolve(null)))])
}
