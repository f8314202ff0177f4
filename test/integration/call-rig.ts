import { connect, createServer as createNetServer } from 'node:net'
import type { AddressInfo, Server as NetServer, Socket } from 'node:net'
import { once } from 'node:events'
import { afterEach } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { FaasError } from '../../src/core/errors.ts'
import { functionName, type FunctionName } from '../../src/core/functions/function-name.ts'
import type { FunctionSpec } from '../../src/core/functions/function-spec.ts'
import type { Suspicion } from '../../src/core/provider/provider.ts'
import type { Replica } from '../../src/core/provider/replica.ts'
import { GatewayServer, type GatewayServerOptions } from '../../src/gateway/gateway-server.ts'
import { InvokeRoutes } from '../../src/gateway/calls/invoke-routes.ts'
import { Invoker } from '../../src/invoke/invoker.ts'
import type { CallCapacity, CallLimits } from '../../src/invoke/invocation-context.ts'
import { OPEN_EDGE } from '../fakes/open-edge.ts'
import { eventually } from '../fakes/eventually.ts'
import { RecordingLog } from '../fakes/recording-log.ts'
import { deployed } from '../fixtures/deployed.ts'
import { CALL_LIMITS, CAPACITY, gatewayOptions } from '../fixtures/edge.ts'

export const hello: FunctionName = functionName('hello')

/** What a test sets otherwise than it usually is; annotations and environment are those of `hello`. */
export interface RigOptions extends Partial<Pick<FunctionSpec, 'annotations' | 'envVars'>> {
  readonly limits?: Partial<CallLimits>
  readonly capacity?: Partial<CallCapacity>
  readonly edge?: Partial<GatewayServerOptions>
}

/** The call path between real sockets; the provider is this object. */
export class CallRig {
  readonly invoker: Invoker
  readonly log = new RecordingLog()
  readonly suspected: Replica[] = []
  readonly suspicions: Suspicion[] = []
  wakeUps = 0
  /** Of the replicas that are served from now on. */
  isUnproven = false
  /** Why waiting is in vain. */
  vain: FaasError | null = null
  /** What is told of a replica that broke off. */
  fate = ''
  /** For tests that do something in that very moment. */
  onSuspect: () => void = () => undefined
  readonly server: GatewayServer
  readonly #waiting = new Set<(replica: Replica) => void>()
  #serial = 0
  #port = 0

  private constructor({ limits, capacity, edge, ...spec }: RigOptions) {
    const clock = systemClock
    this.invoker = new Invoker({
      ports: {
        wantAwake: () => (this.wakeUps += 1),
        whenReady: (fn, signal) => this.#whenReady(fn, signal),
        obstacle: () => 'its image is not here',
        suspect: (replica, why) => {
          this.suspected.push(replica)
          this.suspicions.push(why)
          this.onSuspect()
        },
        fate: () => Promise.resolve(this.fate),
      },
      clock,
      limits: { ...CALL_LIMITS, ...limits },
      capacity: { ...CAPACITY, ...capacity },
      log: this.log,
      edge: OPEN_EDGE,
      product: 'sampan/1.2.3',
    })
    const calls = new InvokeRoutes({ calls: this.invoker, clock, log: this.log, product: 'sampan/1.2.3' })
    const api = (): Response => new Response('the API')
    this.server = new GatewayServer(
      { calls, api, clock, log: this.log },
      gatewayOptions({ readTimeoutMs: 0, ...edge }),
    )
    this.invoker.routes.add(deployed({ spec }))
  }

  static async start(options: RigOptions = {}): Promise<CallRig> {
    const rig = new CallRig(options)
    rig.#port = (await rig.server.start()).port
    return rig
  }

  get port(): number {
    return this.#port
  }

  /** Replicas of `hello` at these ports, one each. */
  serve(...ports: readonly number[]): Replica[] {
    const replicas = ports.map((port) => this.#replica(port))
    this.invoker.routes.setReady(hello, replicas)
    return replicas
  }

  /** A replica becomes ready for those who wait. */
  wake(port: number): void {
    const replica = this.#replica(port)
    this.invoker.routes.setReady(hello, [replica])
    for (const resolve of this.#waiting) resolve(replica)
  }

  /** Parts of request bodies that wait for a function. */
  get waitingBodyBytes(): number {
    return this.server.figures.waitingBodyBytes
  }

  get waiting(): number {
    return this.#waiting.size
  }

  /** Calls of `hello` that ended, by status. */
  get counts(): Readonly<Record<number, number>> {
    const series = this.invoker.routes.metricsOf(hello)?.series ?? []
    return Object.fromEntries([...series].map(({ code, count }) => [code, count]))
  }

  get inFlight(): number {
    return this.invoker.routes.metricsOf(hello)?.inFlight ?? 0
  }

  async stop(): Promise<void> {
    const stopped = this.server.stop(0)
    await this.invoker.stop(AbortSignal.abort())
    await stopped
  }

  #replica(port: number): Replica {
    this.#serial += 1
    const id = `r${this.#serial}`
    const { isUnproven } = this
    return { id, fn: hello, revision: 1, state: 'ready', host: '127.0.0.1', port, sinceMs: 0, isUnproven }
  }

  #whenReady(fn: FunctionName, signal: AbortSignal): Promise<Replica> {
    if (this.vain !== null) return Promise.reject(this.vain)
    return new Promise((resolve, reject) => {
      this.#waiting.add(resolve)
      signal.addEventListener('abort', () => {
        this.#waiting.delete(resolve)
        reject(new FaasError('unavailable', `function ${fn}: image not found`))
      })
    }).finally(() => this.#waiting.clear()) as Promise<Replica>
  }
}

/** A function that speaks in raw bytes. */
export class RawFunction {
  readonly requests: string[] = []
  readonly sockets: Socket[] = []
  /** For functions that speak first. */
  onConnection: (socket: Socket) => void = () => undefined
  readonly #server: NetServer

  /** `onRequest` is told of each request's head (and what came with it). */
  constructor(onRequest: (socket: Socket, text: string, count: number) => void) {
    this.#server = createNetServer({ allowHalfOpen: true }, (socket) => {
      this.sockets.push(socket)
      this.onConnection(socket)
      let text = ''
      socket.on('error', () => {})
      socket.on('end', () => socket.end())
      socket.on('data', (chunk) => {
        text += chunk.toString('latin1')
        const end = text.indexOf('\r\n\r\n')
        if (end < 0) return
        const request = text
        text = ''
        this.requests.push(request)
        onRequest(socket, request, this.requests.length)
      })
    })
  }

  async start(): Promise<number> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return this.port
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

/** A client that speaks in raw bytes. */
export class RawClient {
  readonly socket: Socket
  text = ''
  isEnded = false
  isClosed = false

  constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    this.socket.on('error', () => {})
    this.socket.on('data', (chunk) => (this.text += chunk.toString('latin1')))
    this.socket.on('end', () => (this.isEnded = true))
    this.socket.on('close', () => (this.isClosed = true))
  }

  send(text: string): this {
    this.socket.write(text, 'latin1')
    return this
  }

  /** Everything up to the end of the connection. */
  async rest(): Promise<string> {
    await eventually(() => this.isEnded || this.isClosed)
    this.socket.destroy()
    return this.text
  }
}

/** Sends a request whose connection closes after the answer; answers all of it. */
export async function exchange(port: number, head: string, body = ''): Promise<string> {
  const client = new RawClient(port)
  client.send(`${head}\r\nHost: gateway.example\r\nConnection: close\r\n\r\n${body}`)
  return client.rest()
}

export function ok(body: string, headers = ''): string {
  return `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`
}

/** A function that answers when the body has come that ends like this. */
export function answerAfter(end: string, answer: string): OnRequest {
  return (socket, text) => answerOne(socket, text, { end, answer })
}

/** `seen`: what came with the head. */
function answerOne(socket: Socket, text: string, { end, answer }: { end: string; answer: string }): void {
  let seen = text
  const look = (): void => {
    if (seen.endsWith(end)) socket.off('data', more).write(answer, 'latin1')
  }
  const more = (chunk: Buffer): void => {
    seen += chunk.toString('latin1')
    look()
  }
  socket.on('data', more)
  look()
}

type OnRequest = (socket: Socket, text: string, count: number) => void

/** For a test file: starts rigs, and stops them after each test. */
export function rigs() {
  const open: { stop(): Promise<void> }[] = []
  afterEach(async () => {
    for (const part of open.splice(0).toReversed()) await part.stop()
  })

  /** Without a replica. */
  const startEmpty = async (limits: Partial<CallLimits> = {}, more: RigOptions = {}): Promise<CallRig> => {
    const rig = await CallRig.start({ limits, ...more })
    open.push(rig)
    return rig
  }

  /** With one replica of `hello`. */
  const start = async (
    onRequest: OnRequest | string,
    limits: Partial<CallLimits> = {},
    more: RigOptions = {},
  ) => {
    const answer: OnRequest =
      typeof onRequest === 'string' ? (socket) => socket.write(onRequest, 'latin1') : onRequest
    const fn = new RawFunction(answer)
    open.push(fn)
    const rig = await startEmpty(limits, more)
    const [replica] = rig.serve(await fn.start())
    return { rig, fn, port: rig.port, replica: replica?.id ?? '' }
  }

  return { start, startEmpty }
}

/** A port at which nobody listens. */
export async function deadPort(): Promise<number> {
  const fn = new RawFunction(() => undefined)
  const port = await fn.start()
  await fn.stop()
  return port
}

/** The values of a header, as they stand in the head of a request or an answer. */
export function headersNamed(text: string | undefined, name: string): string[] {
  const head = text?.split('\r\n\r\n')[0] ?? ''
  return head
    .split('\r\n')
    .slice(1)
    .filter((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`))
    .map((line) => line.slice(name.length + 1).trim())
}
