import http from 'node:http'
import https from 'node:https'
import type { Duplex, Readable } from 'node:stream'
import { inspect } from 'node:util'
import Docker, { type DockerOptions } from 'dockerode'
import type { Clock } from '../../../clock.ts'
import { BoundedCalls } from './bounded-calls.ts'
import { type EngineAddress, parseDockerHost } from './docker-host.ts'
import { EngineAway } from './errors.ts'

/** Longest wait for a call that only reads. */
const READ_MS = 10_000
/** Connections kept for the next call: a crowd of log streams must not leave hundreds behind. */
const FREE_SOCKETS = 8

export interface EngineOptions {
  /** `SAMPAN_DOCKER_HOST`; null is the usual socket. */
  readonly dockerHost: string | null
  readonly clock: Clock
}

/** One request to the engine. */
export interface Call {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE'
  /** Without the API version. */
  readonly path: string
  readonly query?: Readonly<Record<string, unknown>>
  readonly body?: object
  /** Completes "Docker could not …". */
  readonly doing: string
  readonly timeoutMs?: number
  /** Bounds a stream for its whole life. */
  readonly signal?: AbortSignal
  readonly authconfig?: object
  /** Credentials by registry, for a build. */
  readonly registryconfig?: object
  /** A tar archive as the body. */
  readonly file?: Readable
}

/** A request to go on in another protocol. */
export interface Upgrade {
  readonly path: string
  readonly protocol: string
  readonly headers: Readonly<Record<string, string | readonly string[]>>
  readonly doing: string
  readonly signal: AbortSignal
}

/** Explicit, so that dockerode does not take DOCKER_HOST from the environment by itself. */
const NOWHERE: DockerOptions = { host: undefined, port: undefined, socketPath: undefined }

/** The part of dockerode's HTTP client that we use: it knows sockets, TLS and the engine's error bodies. */
interface Modem {
  dial(options: object, callback: (error: unknown, answer: unknown) => void): void
}

/**
 * Sends requests to the engine and bounds each in time, because a hung engine accepts connections and says
 * nothing. Every failure is a `FaasError`. The only file that imports dockerode.
 */
export class Transport {
  /** Empty until the engine was asked for its version: then it uses its own newest. */
  apiVersion = ''
  readonly #agent: http.Agent
  readonly #modem: Modem
  readonly #calls: BoundedCalls
  readonly #address: EngineAddress

  constructor(options: EngineOptions) {
    this.#calls = new BoundedCalls(options.clock)
    const address = parseDockerHost(options.dockerHost)
    this.#address = address
    const secure = 'protocol' in address && address.protocol === 'https'
    const keepAlive = { keepAlive: true, maxFreeSockets: FREE_SOCKETS }
    this.#agent = secure ? new https.Agent(keepAlive) : new http.Agent(keepAlive)
    // docker-modem formats the options of every request for its debug log, even when that is off, and would
    // walk through every open socket here: most of the daemon's time with hundreds of log streams.
    Object.defineProperty(this.#agent, inspect.custom, { value: () => 'agent' })
    const client: DockerOptions & { readonly agent: http.Agent } = {
      ...NOWHERE,
      ...address,
      agent: this.#agent,
    }
    this.#modem = new Docker(client).modem
  }

  /** Ends everything under way; later calls fail. */
  close(): void {
    this.#calls.close()
    this.#agent.destroy()
  }

  /** The whole answer, parsed. */
  ask(call: Call): Promise<unknown> {
    return this.askUnversioned({ ...call, path: this.#versioned(call.path) })
  }

  /** For the requests that find out which API version to use. */
  askUnversioned(call: Call): Promise<unknown> {
    const bounded = { timeoutMs: READ_MS, ...call }
    return this.#calls.whole(bounded, (signal) => this.#send(bounded, false, signal))
  }

  /** The answer as a stream. The time limit ends with the arrival of the headers. */
  stream(call: Call): Promise<Readable> {
    const bounded = { timeoutMs: READ_MS, ...call, path: this.#versioned(call.path) }
    return this.#calls.stream(bounded, async (signal) => {
      // The client answers Node's IncomingMessage when asked for a stream.
      return (await this.#send(bounded, true, signal)) as Readable
    })
  }

  /** A connection on which the engine speaks `protocol` to us from now on. */
  upgrade(call: Upgrade): Promise<Duplex> {
    const { path, protocol, headers, doing } = call
    return this.#calls.stream({ timeoutMs: READ_MS, ...call }, (signal) => {
      return new Promise<Duplex>((resolve, reject) => {
        const isSecure = 'protocol' in this.#address && this.#address.protocol === 'https'
        const request = (isSecure ? https : http).request({
          ...this.#address,
          method: 'POST',
          path: this.#versioned(path),
          headers: { Host: 'docker', ...headers, Connection: 'Upgrade', Upgrade: protocol },
          signal,
        })
        request.on('upgrade', (_answer, socket, head) => {
          if (head.length > 0) socket.unshift(head)
          resolve(socket)
        })
        request.on('response', (answer) => {
          answer.resume()
          reject(new EngineAway(`it could not ${doing}: HTTP ${answer.statusCode ?? 0}`))
        })
        request.on('error', reject)
        request.end()
      })
    })
  }

  #versioned(path: string): string {
    return this.apiVersion === '' ? path : `/v${this.apiVersion}${path}`
  }

  #send(call: Call, isStream: boolean, abortSignal: AbortSignal): Promise<unknown> {
    const options = {
      method: call.method,
      path: `${call.path}?`,
      options: { _query: call.query ?? {}, _body: call.body ?? {} },
      // 304 means that it was started or stopped already (Engine API, ContainerStart, ContainerStop).
      statusCodes: { 200: true, 201: true, 204: true, 304: true },
      isStream,
      abortSignal,
      authconfig: call.authconfig,
      registryconfig: call.registryconfig,
      file: call.file,
    }
    return new Promise((resolve, reject) => {
      this.#modem.dial(options, (error, answer) => (error ? reject(error) : resolve(answer)))
    })
  }
}
