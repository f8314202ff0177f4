import { connect, type NetConnectOpts, type Socket } from 'node:net'
import { Client } from 'undici'
import type { Clock } from '../clock.ts'
import type { Replica } from '../core/replica.ts'

/** Longest time to open a connection. The replica is on this host: what does not answer by then is not there. */
const CONNECT_TIMEOUT_MS = 2_000

/** Shorter than what servers commonly keep (Node 5 s), so that a connection is rarely closed under a call. A shorter hint of theirs is kept. */
const IDLE_MS = 4_000

/** The function's response headers: as much as a Go server accepts by default. */
const MAX_HEADER_BYTES = 1 << 20

/** Most that is read ahead from a function. */
const READ_BYTES = 64 * 1024

type SocketOptions = NetConnectOpts & { readonly highWaterMark: number }

/** No connection came about: nothing of the call was sent. */
export class ConnectError extends Error {
  /** This host has no descriptors, ports or memory left: it says nothing about the replica. */
  readonly isOurs: boolean

  constructor(error: Error & { readonly code?: string }) {
    super(error.message, { cause: error })
    this.name = 'ConnectError'
    this.isOurs = OUR_SHORTAGES.has(error.code ?? '')
  }
}

const OUR_SHORTAGES = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EADDRNOTAVAIL'])

export interface ConnectionOptions {
  readonly replica: Replica
  readonly clock: Clock
  /** The socket of a connection is gone; called again for each socket that it opens. */
  readonly onClosed: (connection: Connection) => void
}

/**
 * One connection to one replica, used by one call at a time. An undici client that may have one socket; we keep the socket in
 * view because functions are not trusted: bytes that come while nobody asked mean that the next answer would be the wrong one.
 */
export class Connection {
  readonly client: Client
  readonly #options: ConnectionOptions
  #socket: Socket | null = null
  #callsOnSocket = 0
  #bytesAtRest = 0

  constructor(options: ConnectionOptions) {
    const { replica } = options
    this.#options = options
    const host = replica.host.includes(':') ? `[${replica.host}]` : replica.host
    this.client = new Client(`http://${host}:${replica.port}`, {
      connect: (_options, callback) => this.#open(callback),
      pipelining: 1,
      keepAliveTimeout: IDLE_MS,
      keepAliveMaxTimeout: IDLE_MS,
      keepAliveTimeoutThreshold: 1_000,
      // Limits of time are ours, one list for all calls.
      headersTimeout: 0,
      bodyTimeout: 0,
      maxHeaderSize: MAX_HEADER_BYTES,
    })
    this.client.on('disconnect', () => {
      this.#socket = null
      this.#options.onClosed(this)
    })
  }

  /** Whether the socket served a call before: if it fails at once, the server may merely have closed it in that moment. */
  get isReused(): boolean {
    return this.#callsOnSocket > 1
  }

  /** Nothing came in since the last answer ended. */
  get isClean(): boolean {
    const socket = this.#socket
    return socket === null || (!socket.destroyed && socket.bytesRead === this.#bytesAtRest)
  }

  /** A call is about to be written. */
  begin(): void {
    this.#callsOnSocket += 1
  }

  /** The answer is complete; what has come in until now belongs to it. */
  rest(): void {
    this.#bytesAtRest = this.#socket?.bytesRead ?? 0
  }

  destroy(reason?: Error): void {
    this.client.destroy(reason ?? null, ignore)
  }

  #open(callback: (...result: [Error, null] | [null, Socket]) => void): void {
    const { host, port } = this.#options.replica
    // Half open: after an upgrade either side may end its direction alone.
    const options: SocketOptions = {
      host,
      port,
      noDelay: true,
      allowHalfOpen: true,
      highWaterMark: READ_BYTES,
    }
    const socket = connect(options)
    let settled = false
    const settle = (error: Error | null): void => {
      if (settled) return
      settled = true
      cancelTimeout()
      if (error !== null) {
        socket.destroy()
        callback(new ConnectError(error), null)
        return
      }
      this.#socket = socket
      this.#callsOnSocket = 0
      this.#bytesAtRest = 0
      callback(null, socket)
    }
    const cancelTimeout = this.#options.clock.after(CONNECT_TIMEOUT_MS, () => {
      settle(new Error(`no connection to ${host}:${port} within ${CONNECT_TIMEOUT_MS} ms`))
    })
    // Stays for the life of the socket: an error event without a listener would end the daemon.
    socket.on('error', settle)
    socket.once('connect', () => settle(null))
  }
}

function ignore(): void {
  // Destroying is all that was wanted.
}
