import { setMaxListeners } from 'node:events'
import type { Clock } from '../clock.ts'
import type { ListenAddress } from '../config.ts'
import { messageOf, StartError } from '../core/errors.ts'
import type { Log } from '../log.ts'
import { ApiRequests, type Api } from './api/api-requests.ts'
import { connectionShared, type EdgeLimits } from './edge/connection-shared.ts'
import type { Exchange } from './edge/exchange.ts'
import { Listener, mayBeFreeLater } from './edge/listener.ts'
import { apiTarget } from './edge/request-target.ts'

export interface UiServerPorts {
  /** The page, its sessions, and `/system`. */
  readonly api: Api
  /** Reads the files of the page; false when it was not built. */
  readonly load: () => Promise<boolean>
  readonly clock: Clock
  readonly log: Log
}

export interface UiServerOptions {
  readonly listen: ListenAddress
  /** Whether the operator chose the address: then it must be free. */
  readonly isChosen: boolean
  readonly headBytes: number
  /** Longest time without a byte in the middle of a request body. 0 means no limit. */
  readonly readTimeoutMs: number
  readonly halfClosedMs: number
}

const HEAD_MS = 20_000
/** Answers under way when the daemon stops get so long; logs that are followed end by themselves. */
const DRAIN_MS = 1_000

/** Few people look: a page has six connections at most. */
const CONNECTIONS = { most: 64, mostPerClient: 48 }

/** The listener of the web page. It answers no calls of functions: their plane is not plugged in. */
export class UiServer {
  readonly #ports: UiServerPorts
  readonly #options: UiServerOptions
  readonly #listener: Listener
  readonly #stopping = new AbortController()

  constructor(ports: UiServerPorts, options: UiServerOptions) {
    const { api, clock, log } = ports
    const stopping = this.#stopping.signal
    setMaxListeners(0, stopping)
    this.#ports = ports
    this.#options = options
    const requests = new ApiRequests({ api, stopping, log })
    this.#listener = new Listener(
      connectionShared({
        handler: { request: (exchange) => answer(exchange, requests) },
        isDraining: () => stopping.aborted,
        times: { headMs: HEAD_MS, bodyMs: options.readTimeoutMs, halfClosedMs: options.halfClosedMs },
        limits: limitsOf(options),
        clock,
        log,
      }),
    )
  }

  /** Null: it does not listen. */
  get port(): number | null {
    return this.#listener.port
  }

  /**
   * Listens; answers the bound address. Null, there is no page: none was built and nobody asked for one, or the
   * usual port is taken, which the log says.
   * Throws a sentence for the operator when an address that was chosen cannot be had.
   */
  async start(): Promise<ListenAddress | null> {
    const { listen, isChosen } = this.#options
    const { load, log } = this.#ports
    const isBuilt = await load()
    if (!isBuilt && !isChosen) return null
    try {
      const bound = await this.#listener.listen(listen)
      log.info('web page', { host: bound.host, port: bound.port, isBuilt })
      return bound
    } catch (error) {
      const sentence = `cannot listen for the web page on ${listen.host}:${listen.port}: ${messageOf(error)}; set SAMPAN_UI_LISTEN to another address, or to off`
      if (isChosen) throw new StartError(sentence, { cause: error, mayPass: mayBeFreeLater(error) })
      log.warn(`no web page: ${sentence}`)
      return null
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    const closed = this.#listener.close()
    this.#listener.closeIdle()
    const cancelCut = this.#ports.clock.after(DRAIN_MS, () => this.#listener.closeAll())
    await closed
    cancelCut()
  }
}

function limitsOf({ headBytes }: UiServerOptions): EdgeLimits {
  return {
    headBytes,
    allHeadsBytes: Math.max(1024 * 1024, headBytes),
    allBodiesBytes: 4 * 1024 * 1024,
    connections: CONNECTIONS,
  }
}

function answer(exchange: Exchange, requests: ApiRequests): void {
  const { method, target: raw } = exchange.head
  // Absolute targets are for proxies, which this is not.
  const target = apiTarget(raw)
  if (method === 'CONNECT' || target.kind === 'malformed') {
    exchange.closeAfter()
    exchange.answer(400, 'malformed request target')
  } else if (target.kind === 'redirect') exchange.answer(301, '', ['Location', target.location])
  else if (target.kind === 'api') void requests.serve(exchange, target.url)
}
