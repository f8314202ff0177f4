import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { Server as NetServer, type AddressInfo, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Clock } from '../clock.ts'
import type { ListenAddress } from '../config.ts'
import { answerClientError, endWithStatus } from './client-errors.ts'
import { GatewayRequest } from './gateway-request.ts'
import { MAX_HEADERS } from './request-hygiene.ts'

/** What a listener does with what it accepts. */
export interface ListenerHandlers {
  request(req: IncomingMessage, res: ServerResponse): void
  /** As `request`, for `Expect: 100-continue`. */
  checkContinue(req: IncomingMessage, res: ServerResponse): void
  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void
}

/** As Go's, so that no client of OpenFaaS is refused (http-api 1.4). */
const MAX_HEADER_BYTES = 1024 * 1024

/** Go clients reuse a connection for up to 90 s; a POST on one that we just closed would fail visibly (http-api 18.4). */
const KEEP_ALIVE_MS = 120_000

/** Longest time from the first byte of a request, or the connect, to the end of its headers. */
const HEADERS_MS = 20_000

/** How often Node looks for headers that are late. */
const CHECK_MS = 2_000

/** Connections per listener; further ones are closed at once. */
const MAX_CONNECTIONS = 10_000

/** One listening socket with the limits that hold on every one of them. */
export class Listener {
  readonly #server: Server
  readonly #upgraded = new Set<Duplex>()

  constructor(handlers: ListenerHandlers, clock: Clock, headersMs: number = HEADERS_MS) {
    this.#server = createServer({
      IncomingMessage: GatewayRequest,
      maxHeaderSize: MAX_HEADER_BYTES,
      keepAliveTimeout: KEEP_ALIVE_MS,
      headersTimeout: headersMs,
      connectionsCheckingInterval: Math.min(CHECK_MS, headersMs),
      // Uploads and slow functions may take as long as they move; `slow-senders.ts` limits silence instead.
      requestTimeout: 0,
      keepAlive: true,
      noDelay: true,
    })
    this.#server.maxConnections = MAX_CONNECTIONS
    // Node drops headers above its count in silence; one more than we allow is enough to see that there were too many.
    this.#server.maxHeadersCount = MAX_HEADERS + 1
    this.#server.on('request', (req, res) => handlers.request(req, res))
    this.#server.on('checkContinue', (req, res) => handlers.checkContinue(req, res))
    this.#server.on('upgrade', (req, socket, head) => this.#upgrade(handlers, { req, socket, head }))
    this.#server.on('connect', (_req, socket: Duplex) => {
      guard(socket)
      endWithStatus(socket, 405)
    })
    this.#server.on('clientError', (error, socket) => answerClientError(error, socket, clock))
    this.#server.on('connection', guard)
  }

  /** Resolves with the bound address; rejects with the system's error. */
  listen({ host, port }: ListenAddress): Promise<ListenAddress> {
    return new Promise((resolve, reject) => {
      const onError = (error: Error): void => {
        // Node keeps it for the next attempt otherwise, and there may be one a second.
        this.#server.off('listening', onListening)
        reject(error)
      }
      const onListening = (): void => {
        this.#server.off('error', onError)
        // After this only `accept` can fail (out of descriptors, say); the next one may succeed.
        this.#server.on('error', () => {})
        resolve({ host, port: (this.#server.address() as AddressInfo).port })
      }
      this.#server.once('error', onError).once('listening', onListening)
      this.#server.listen({ host, port })
    })
  }

  /** Takes no new connections; open ones may go on, idle ones too. Resolves when the last one is closed. */
  async close(): Promise<void> {
    if (!this.#server.listening) return
    // Node's close of an HTTP server would cut idle connections at once, and with them requests that are on their way.
    await new Promise<void>((resolve) => NetServer.prototype.close.call(this.#server, () => resolve()))
    // Ends its look for late headers.
    this.#server.close(() => {})
  }

  /** Closes connections that wait for a next request. */
  closeIdle(): void {
    this.#server.closeIdleConnections()
  }

  /** Cuts everything that is still open. */
  closeAll(): void {
    this.#server.closeAllConnections()
    for (const socket of this.#upgraded) socket.destroy()
  }

  #upgrade(
    handlers: ListenerHandlers,
    { req, socket, head }: { req: IncomingMessage; socket: Duplex; head: Buffer },
  ): void {
    guard(socket)
    this.#upgraded.add(socket)
    socket.once('close', () => this.#upgraded.delete(socket))
    handlers.upgrade(req, socket, head)
  }
}

/** An error on a connection ends that connection, never the process. */
function guard(socket: Duplex | Socket): void {
  socket.on('error', () => socket.destroy())
}
