import { setMaxListeners } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { getRequestListener } from '@hono/node-server'
import { every, type Clock } from '../clock.ts'
import type { ListenAddress } from '../config.ts'
import type { Log } from '../log.ts'
import { closeWithConnection } from './client-connection.ts'
import { endWithStatus } from './client-errors.ts'
import { ERROR_HEADERS } from './error-response.ts'
import { ExtraListeners } from './extra-listeners.ts'
import { GatewayRequest } from './gateway-request.ts'
import { Listener, type ListenerHandlers } from './listener.ts'
import { inspectFraming } from './request-hygiene.ts'
import { readTarget } from './request-target.ts'
import { SlowSenders } from './slow-senders.ts'

/** The plane of function calls; `invoke-routes.ts` and `upgrade-route.ts` behind one port. */
export interface CallPlane {
  handle(req: IncomingMessage, res: ServerResponse): void
  /** The client waits to be told that it may send its body. */
  handleContinue(req: IncomingMessage, res: ServerResponse): void
  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void
}

export interface GatewayServerPorts {
  readonly calls: CallPlane
  /** The Hono app's `fetch`. */
  readonly api: (request: Request, env: object) => Response | Promise<Response>
  readonly clock: Clock
  readonly log: Log
}

export interface GatewayServerOptions {
  readonly listen: ListenAddress
  /** Port of the extra addresses given to `listenOn`; 0 switches them off. */
  readonly functionPort: number
  /** Longest silence in the middle of a request body. 0 means no limit. */
  readonly readTimeoutMs: number
  /** Longest time for the headers of a request; for tests. */
  readonly headersTimeoutMs?: number
}

/** How often connections that became idle are closed while the server drains. */
const DRAIN_LOOK_MS = 50

/** Time for clients to use their idle connections once more, and be told to close them: a cut one may have a request on its way. */
const DRAIN_COURTESY_MS = 300

/** The HTTP edge: splits function calls from the API, refuses what is not sound, and owns every listening socket. */
export class GatewayServer {
  readonly #ports: GatewayServerPorts
  readonly #options: GatewayServerOptions
  readonly #main: Listener
  readonly #extra: ExtraListeners<Listener>
  readonly #slow: SlowSenders
  readonly #api: (req: IncomingMessage, res: ServerResponse) => Promise<void>
  readonly #stopped = new AbortController()
  readonly #draining = new AbortController()
  #stopping: Promise<void> | undefined
  #loop: Promise<void> = Promise.resolve()

  constructor(ports: GatewayServerPorts, options: GatewayServerOptions) {
    const { clock, log } = ports
    // As many as there are followers of logs; each takes its listener away again.
    setMaxListeners(0, this.#draining.signal)
    this.#ports = ports
    this.#options = options
    this.#slow = new SlowSenders({ silenceMs: options.readTimeoutMs, clock, log }, endSilent)
    this.#api = getRequestListener(
      (request, env) => ports.api(request, { ...env, stopping: this.#draining.signal }),
      {
        overrideGlobalObjects: false,
        hostname: 'localhost',
        errorHandler: () => new Response('bad request\n', { status: 400, headers: ERROR_HEADERS }),
      },
    )
    const handlers: ListenerHandlers = {
      request: (req, res) => this.#request(req, res, false),
      checkContinue: (req, res) => this.#request(req, res, true),
      upgrade: (req, socket, head) => this.#upgrade(req, socket, head),
    }
    this.#main = new Listener(handlers, clock, options.headersTimeoutMs)
    this.#extra = new ExtraListeners({
      open: () => new Listener(handlers, clock, options.headersTimeoutMs),
      clock,
      log,
    })
  }

  /** Listens; answers the bound address. Throws a sentence for the operator when it cannot. */
  async start(): Promise<ListenAddress> {
    const { listen } = this.#options
    try {
      const bound = await this.#main.listen(listen)
      this.#loop = this.#slow.run(this.#stopped.signal)
      this.#ports.log.info('gateway listens', { host: bound.host, port: bound.port })
      return bound
    } catch (error) {
      throw new Error(listenProblem(listen, error), { cause: error })
    }
  }

  /** Functions reach the gateway at these addresses: the whole list, on every change. Never fails; what cannot be bound is tried again. */
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
    const idleEndsAtMs = clock.now() + Math.min(DRAIN_COURTESY_MS, drainMs)
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
        if (clock.now() >= idleEndsAtMs) listeners.forEach((listener) => listener.closeIdle())
      },
    )
    await closed
    cancelCut()
    done.abort()
    this.#stopped.abort()
    await Promise.all([sweep, this.#loop])
  }

  #request(req: IncomingMessage, res: ServerResponse, expectsContinue: boolean): void {
    // A client that resets its connection is no concern of anybody but the route, which sees `close`.
    res.on('error', () => {})
    if (this.#draining.signal.aborted || hasIgnoredOffer(req)) res.shouldKeepAlive = false

    const { refusal, hasBody } = inspectFraming(req)
    if (refusal !== null) return refuse(res, refusal.status, refusal.message)
    if (hasBody) this.#slow.watch(req)

    const target = readTarget(req.url ?? '')
    if (target.kind === 'malformed') return refuse(res, 400, 'malformed request target')
    if (target.kind === 'redirect') {
      res.writeHead(301, { Location: target.location, 'Content-Length': 0 }).end()
      return
    }
    req.url = target.url
    if (target.kind === 'api') {
      if (expectsContinue) res.writeContinue()
      closeWithConnection(res)
      void this.#api(req, res)
    } else if (expectsContinue) this.#ports.calls.handleContinue(req, res)
    else this.#ports.calls.handle(req, res)
  }

  #upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (inspectFraming(req).refusal !== null) return endWithStatus(socket, 400)
    if (this.#draining.signal.aborted) return endWithStatus(socket, 503)
    this.#ports.calls.upgrade(req, socket, head)
  }
}

/** Node's parser reads nothing further on a connection after an offer to upgrade that was not taken up (seen on Node 20). */
function hasIgnoredOffer(req: IncomingMessage): boolean {
  return req instanceof GatewayRequest && req.offersUpgrade === true
}

/** The rest of such a request cannot be trusted, so the connection goes too. */
function refuse(res: ServerResponse, status: number, message: string): void {
  const body = `${message}\n`
  res.shouldKeepAlive = false
  res.writeHead(status, { ...ERROR_HEADERS, 'Content-Length': Buffer.byteLength(body) })
  res.end(body, () => res.socket?.destroySoon())
}

/** Says 408 if nothing was said yet, and ends the connection; the route sees its request aborted. */
function endSilent(req: IncomingMessage): void {
  const { socket } = req
  const { _httpMessage: message } = socket as { readonly _httpMessage?: ServerResponse | null }
  if (message?.req === req && !message.headersSent) endWithStatus(socket, 408)
  else socket.destroy()
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
