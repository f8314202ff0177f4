import type { Clock } from '../clock.ts'
import type { ListenAddress } from '../config.ts'
import { messageOf, StartError } from '../core/errors.ts'
import { misdirected, type HostNames } from '../core/host-names.ts'
import type { Log } from '../log.ts'
import { connectionShared, type EdgeLimits } from './edge/connection-shared.ts'
import type { Exchange } from './edge/exchange.ts'
import { Listener, mayBeFreeLater } from './edge/listener.ts'
import { METRICS_ROUTES } from './shared/metrics-routes.ts'

export interface MetricsServerPorts {
  readonly clock: Clock
  readonly hostNames: HostNames
  /** All metrics as Prometheus text. */
  readonly render: () => Promise<{ readonly contentType: string; readonly body: string }>
  readonly log: Log
}

/** As upstream: scrapes are short (http-api 1.1). */
const TIMEOUT_MS = 5_000

/** Small, because only a few programs scrape. */
const LIMITS: EdgeLimits = {
  headBytes: 16 * 1024,
  allHeadsBytes: 256 * 1024,
  allBodiesBytes: 256 * 1024,
  connections: { most: 64, mostPerClient: 32 },
}

/** The metrics listener: `/metrics` by any method, `/healthz` by GET, no credentials (http-api 1.1). */
export class MetricsServer {
  readonly #ports: MetricsServerPorts
  readonly #listen: ListenAddress
  readonly #listener: Listener

  constructor(ports: MetricsServerPorts, listen: ListenAddress) {
    const { clock, log } = ports
    this.#ports = ports
    this.#listen = listen
    this.#listener = new Listener(
      connectionShared({
        handler: { request: (exchange) => void this.#answer(exchange) },
        isDraining: () => false,
        times: { headMs: TIMEOUT_MS, bodyMs: TIMEOUT_MS, halfClosedMs: TIMEOUT_MS },
        limits: LIMITS,
        clock,
        log,
      }),
    )
  }

  /** The bound port, or the configured one before. */
  get port(): number {
    return this.#listener.port ?? this.#listen.port
  }

  /** Listens; answers the bound address. */
  async start(): Promise<ListenAddress> {
    try {
      return await this.#listener.listen(this.#listen)
    } catch (error) {
      const { host, port } = this.#listen
      throw new StartError(`cannot listen for metrics on ${host}:${port}: ${messageOf(error)}`, {
        cause: error,
        mayPass: mayBeFreeLater(error),
      })
    }
  }

  /** Scrapes are short and repeated, so none is waited for. */
  async stop(): Promise<void> {
    const closed = this.#listener.close()
    this.#listener.closeAll()
    await closed
  }

  async #answer(exchange: Exchange): Promise<void> {
    const { method, target, host } = exchange.head
    const [path] = target.split('?', 1)
    if (host !== null && !this.#ports.hostNames.includes(host)) exchange.answer(421, misdirected(host))
    else if (path === METRICS_ROUTES.metrics.path) await this.#metrics(exchange)
    else if (path !== METRICS_ROUTES.health.path) exchange.answer(404, '404 page not found')
    else if (method !== METRICS_ROUTES.health.method) exchange.answer(405, '')
    else answerWith(exchange, 'text/plain; charset=utf-8', 'OK')
  }

  async #metrics(exchange: Exchange): Promise<void> {
    try {
      const { contentType, body } = await this.#ports.render()
      answerWith(exchange, contentType, body)
    } catch (err) {
      this.#ports.log.error('metrics cannot be rendered', { err })
      exchange.answer(500, 'internal error')
    }
  }
}

function answerWith(exchange: Exchange, contentType: string, text: string): void {
  const body = Buffer.from(text)
  exchange.start(200, ['Content-Type', contentType, 'Content-Length', String(body.length)], body.length)
  exchange.write(body)
  exchange.end()
}
