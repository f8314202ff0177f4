import { setMaxListeners } from 'node:events'
import { isIP } from 'node:net'
import { every, type Clock } from '../clock.ts'
import type { ListenAddress } from '../config.ts'
import { StartError } from '../core/errors.ts'
import type { Log } from '../log.ts'
import { ApiRequests, type Api } from './api/api-requests.ts'
import type { ByteBudget } from './edge/budgets/byte-budget.ts'
import type { EdgeFigures } from '../core/figures.ts'
import { connectionShared, type ConnectionShared, type EdgeLimits } from './edge/connection-shared.ts'
import type { Exchange } from './edge/exchange.ts'
import { Listener, mayBeFreeLater } from './edge/listener.ts'
import { ExtraListeners } from './edge/network-listeners.ts'
import { apiTarget, readTarget, type RequestTarget } from './edge/request-target.ts'

/** The plane of function calls; `invoke-routes.ts` behind a port. */
export interface CallPlane {
  /**
   * `url`: the target, beginning with a prefix of calls. `waitingBodies`: parts of request bodies that wait
   * for a function.
   */
  handle(exchange: Exchange, url: string, waitingBodies: ByteBudget): void
  /** The client asks for an upgrade to `protocol`. */
  upgrade(exchange: Exchange, url: string, protocol: string): void
}

export interface GatewayServerPorts {
  readonly calls: CallPlane
  /** Calls that are made later; left out: there are none. */
  readonly queue?: Pick<CallPlane, 'handle'> | undefined
  readonly api: Api
  readonly clock: Clock
  readonly log: Log
}

export interface GatewayServerOptions {
  readonly listen: ListenAddress
  /** Of a socket at that address that listens already; left out: none. */
  readonly listenDescriptor?: number | null
  /** Port of the extra addresses given to `listenOn`; 0 switches them off. */
  readonly functionPort: number
  /** Longest time without a byte in the middle of a request body. 0 means no limit. */
  readonly readTimeoutMs: number
  /** Longest time without progress of an answer after the client has closed its side. 0 means no limit. */
  readonly halfClosedMs: number
  readonly limits: EdgeLimits
  /** Connections accepted per turn of the event loop in addition to the usual one. Default 0. */
  readonly moreAcceptors?: number
  /** Longest time for the head of a request; for tests. */
  readonly headersTimeoutMs?: number
}

/** Longest time from the connect, or the first byte of a later request, to the end of its head. */
const HEAD_MS = 20_000

/** How often connections that became idle are closed while the server drains. */
const DRAIN_LOOK_MS = 50

/**
 * Time for clients to use their idle connections once more and be told to close them: a connection that is
 * cut may have a request on its way.
 */
const DRAIN_COURTESY_MS = 300

/**
 * The HTTP edge: separates function calls from the API, refuses malformed requests, and owns every listening
 * socket.
 */
export class GatewayServer {
  readonly #ports: GatewayServerPorts
  readonly #options: GatewayServerOptions
  readonly #shared: ConnectionShared
  readonly #main: Listener
  readonly #extra: ExtraListeners<Listener>
  readonly #api: ApiRequests
  readonly #draining = new AbortController()
  #stopping: Promise<void> | undefined

  constructor(ports: GatewayServerPorts, options: GatewayServerOptions) {
    const { clock, log } = ports
    const stopping = this.#draining.signal
    // There is a listener per follower of a log; each removes its own.
    setMaxListeners(0, stopping)
    this.#ports = ports
    this.#options = options
    this.#api = new ApiRequests({ api: ports.api, stopping, log })
    this.#shared = connectionShared({
      handler: { request: (exchange) => this.#request(exchange) },
      isDraining: () => stopping.aborted,
      times: {
        headMs: options.headersTimeoutMs ?? HEAD_MS,
        bodyMs: options.readTimeoutMs,
        halfClosedMs: options.halfClosedMs,
      },
      limits: options.limits,
      clock,
      log,
    })
    this.#main = new Listener(this.#shared)
    this.#extra = new ExtraListeners({ open: () => new Listener(this.#shared), clock, log })
  }

  /** Figures about the budgets of all clients, for metrics. */
  get figures(): EdgeFigures {
    const { census, unfinishedHeads, waitingBodies } = this.#shared
    return {
      ...census.figures,
      unfinishedHeadBytes: unfinishedHeads.used,
      shedHeads: unfinishedHeads.shed,
      waitingBodyBytes: waitingBodies.used,
      refusedBodies: waitingBodies.refused,
    }
  }

  /** Listens; answers the bound address. Throws a sentence for the operator when it cannot. */
  async start(): Promise<ListenAddress> {
    const { listen, listenDescriptor = null } = this.#options
    try {
      const bound = await this.#main.listen(listen, listenDescriptor)
      if (listenDescriptor !== null) checkHandedOver(listen, this.#main.address)
      this.#ports.log.info('gateway listening', { host: bound.host, port: bound.port })
      void this.#acceptMore()
      return bound
    } catch (error) {
      if (error instanceof StartError) throw error
      throw new StartError(listenProblem(listen, error), { cause: error, mayPass: mayBeFreeLater(error) })
    }
  }

  async #acceptMore(): Promise<void> {
    const { moreAcceptors = 0 } = this.#options
    if (moreAcceptors === 0) return
    try {
      await this.#main.acceptMore(moreAcceptors)
    } catch (err) {
      if (!this.#draining.signal.aborted)
        this.#ports.log.warn(
          'accepting only one connection per turn: a flood of new ones will delay the others',
          { err },
        )
    }
  }

  /**
   * Functions reach the gateway at these addresses. Call it with the whole list on every change. Never fails:
   * an address that cannot be bound is retried.
   */
  listenOn(addresses: readonly string[]): void {
    const { functionPort, listen } = this.#options
    if (functionPort === 0 || this.#draining.signal.aborted) return
    const covered = (host: string): boolean =>
      listen.port === functionPort &&
      (listen.host === host || listen.host === '0.0.0.0' || listen.host === '::')
    this.#extra.want(addresses.filter((host) => !covered(host)).map((host) => ({ host, port: functionPort })))
  }

  /** Takes no new requests, lets running ones end for `drainMs`, then cuts what is left. */
  stop(drainMs: number): Promise<void> {
    this.#stopping ??= this.#stop(drainMs)
    return this.#stopping
  }

  async #stop(drainMs: number): Promise<void> {
    const { clock, log } = this.#ports
    this.#draining.abort()
    const courtesyMs = Math.min(DRAIN_COURTESY_MS, drainMs)
    const idleEndsAtMs = clock.now() + courtesyMs
    const listeners = [this.#main, ...this.#extra.end()]
    const closed = Promise.all(listeners.map((listener) => listener.close()))
    const done = new AbortController()
    const cancelCut = clock.after(drainMs, () => listeners.forEach((listener) => listener.closeAll()))
    const sweep = every(
      {
        clock,
        intervalMs: DRAIN_LOOK_MS,
        signal: done.signal,
        onError: (err) => log.error('drain failed', { err }),
      },
      () => {
        const nowMs = clock.now()
        if (nowMs < idleEndsAtMs) return
        for (const listener of listeners) listener.closeIdle(nowMs - courtesyMs)
      },
    )
    await closed
    cancelCut()
    done.abort()
    await sweep
  }

  /** What cancels an asynchronous call is for those who may log in. Without a queue nothing can be cancelled. */
  #readTarget(method: string, raw: string): RequestTarget {
    const target = readTarget(raw)
    const cancels = target.kind === 'queued-call' && method === 'DELETE' && this.#ports.queue !== undefined
    return cancels ? apiTarget(target.url) : target
  }

  #request(exchange: Exchange): void {
    const { method, upgrade, target: raw } = exchange.head
    if (method === 'CONNECT') return refuse(exchange, 405, '')
    const target = this.#readTarget(method, raw)
    switch (target.kind) {
      case 'malformed':
        return refuse(exchange, 400, 'malformed request target')
      case 'redirect':
        return exchange.answer(301, '', ['Location', target.location])
      case 'api':
        return void this.#api.serve(exchange, target.url)
      case 'call':
        // An offer of another protocol is ignored (RFC 9110, 7.8): Java's client offers h2c with each first
        // request.
        if (upgrade === null || upgrade.toLowerCase() !== 'websocket')
          this.#ports.calls.handle(exchange, target.url, this.#shared.waitingBodies)
        else if (this.#draining.signal.aborted) refuse(exchange, 503, 'the gateway is stopping')
        else this.#ports.calls.upgrade(exchange, target.url, upgrade)
        return
      case 'queued-call': {
        const plane = this.#ports.queue ?? this.#ports.calls
        plane.handle(exchange, target.url, this.#shared.waitingBodies)
      }
    }
  }
}

/** Bytes after such a request cannot be trusted, so the connection is closed too. */
function refuse(exchange: Exchange, status: number, message: string): void {
  exchange.closeAfter()
  exchange.answer(status, message)
}

/** Names in `Host`, callbacks and what is logged go by the setting, so both must be the same. */
function checkHandedOver(wanted: ListenAddress, found: ListenAddress | null): void {
  const isSame = found?.port === wanted.port && (found.host === wanted.host || isIP(wanted.host) === 0)
  if (isSame) return
  const is = found === null ? 'is none of this kind' : `listens on ${found.host}:${found.port}`
  throw new StartError(
    `the socket that was handed over ${is}, and SAMPAN_LISTEN says ${wanted.host}:${wanted.port}: write the same address into both (ListenStream= of sampan.socket)`,
  )
}

function listenProblem({ host, port }: ListenAddress, error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : ''
  const where = `${host.includes(':') ? `[${host}]` : host}:${port}`
  if (code === 'EADDRINUSE')
    return `cannot listen on ${where}: another program does; stop it or set another address`
  if (code === 'EADDRNOTAVAIL') return `cannot listen on ${where}: this machine has no such address`
  if (code === 'EACCES') return `cannot listen on ${where}: not permitted`
  return `cannot listen on ${where}: ${error instanceof Error ? error.message : String(error)}`
}
