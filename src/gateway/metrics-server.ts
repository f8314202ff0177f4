import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Clock } from '../clock.ts'
import type { ListenAddress } from '../config.ts'
import { misdirected, type HostNames } from '../core/host-names.ts'
import type { Log } from '../log.ts'
import { answerClientError } from './client-errors.ts'
import { ERROR_HEADERS } from './error-response.ts'
import type { RouteDescription } from './route.ts'

export interface MetricsServerPorts {
  readonly clock: Clock
  readonly hostNames: HostNames
  /** All metrics as Prometheus text. */
  readonly render: () => Promise<{ readonly contentType: string; readonly body: string }>
  readonly log: Log
}

/** As upstream: scrapes are short (http-api 1.1). */
const TIMEOUT_MS = 5_000

const MAX_CONNECTIONS = 200

/** What the listener answers; anything else is 404. */
const ROUTES = {
  metrics: {
    method: 'any',
    path: '/metrics',
    listener: 'metrics',
    access: 'public',
    summary: 'Figures in the text format of Prometheus',
    answers: { 200: 'All of them', 500: 'They cannot be had' },
  },
  health: {
    method: 'GET',
    path: '/healthz',
    listener: 'metrics',
    access: 'public',
    summary: 'Whether the daemon is up',
    answers: { 200: 'On the metrics listener: the daemon is up' },
  },
} as const satisfies Record<string, RouteDescription>

export const metricsRoutes: readonly RouteDescription[] = Object.values(ROUTES)

/** The metrics listener: `/metrics` by any method, `/healthz` by GET, no credentials (http-api 1.1). */
export class MetricsServer {
  readonly #ports: MetricsServerPorts
  readonly #listen: ListenAddress
  readonly #server: Server

  constructor(ports: MetricsServerPorts, listen: ListenAddress) {
    this.#ports = ports
    this.#listen = listen
    this.#server = createServer({ requestTimeout: TIMEOUT_MS, headersTimeout: TIMEOUT_MS })
    this.#server.maxConnections = MAX_CONNECTIONS
    this.#server.on('request', (req, res) => void this.#answer(req, res))
    this.#server.on('clientError', (error, socket) => answerClientError(error, socket, ports.clock))
    this.#server.on('connection', (socket) => socket.on('error', () => socket.destroy()))
  }

  /** The one that is bound, or will be. */
  get port(): number {
    const address = this.#server.address()
    return address === null || typeof address === 'string' ? this.#listen.port : address.port
  }

  /** Listens; answers the bound address. */
  start(): Promise<ListenAddress> {
    const { host, port } = this.#listen
    return new Promise((resolve, reject) => {
      const onError = (error: Error): void => {
        reject(new Error(`cannot listen for metrics on ${host}:${port}: ${error.message}`, { cause: error }))
      }
      this.#server.once('error', onError)
      this.#server.listen({ host, port }, () => {
        this.#server.off('error', onError)
        this.#server.on('error', () => {})
        resolve({ host, port: this.port })
      })
    })
  }

  /** Scrapes are short and repeated: none is waited for. */
  async stop(): Promise<void> {
    if (!this.#server.listening) return
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    this.#server.closeAllConnections()
    await closed
  }

  async #answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    res.on('error', () => {})
    const { host = '' } = req.headers
    const path = (req.url ?? '').split('?', 1)[0]
    if (!this.#ports.hostNames.includes(host)) res.writeHead(421, ERROR_HEADERS).end(`${misdirected(host)}\n`)
    else if (path === ROUTES.metrics.path) await this.#metrics(res)
    else if (path !== ROUTES.health.path) res.writeHead(404, ERROR_HEADERS).end('404 page not found\n')
    else if (req.method !== ROUTES.health.method) res.writeHead(405, { 'Content-Length': 0 }).end()
    else res.writeHead(200, { 'Content-Type': 'text/plain; charset=utf-8' }).end('OK')
  }

  async #metrics(res: ServerResponse): Promise<void> {
    try {
      const { contentType, body } = await this.#ports.render()
      res.writeHead(200, { 'Content-Type': contentType }).end(body)
    } catch (err) {
      this.#ports.log.error('metrics cannot be rendered', { err })
      res.writeHead(500, ERROR_HEADERS).end('internal error\n')
    }
  }
}
