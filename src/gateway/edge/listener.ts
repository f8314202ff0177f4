import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import type { ListenAddress } from '../../config.ts'
import { acceptMore } from './accept-more.ts'
import { socketOf, takeConnections, type BareConnection } from './adopt-socket.ts'
import { ClientConnection } from './client-connection.ts'
import { peerOf, type Peer } from './peer.ts'
import type { ConnectionShared } from './connection-shared.ts'

/** How often limits are checked: this, or a quarter of the shortest limit if that is less. */
const LONGEST_SWEEP_MS = 1_000
const SHORTEST_SWEEP_MS = 10

/**
 * Connections that the system queues until they are accepted (its own maximum is 4,096, net.core.somaxconn).
 * A client that finds the queue full waits a whole second before it tries again. In a burst that would hit
 * honest clients too: Node's default of 511 fills within milliseconds.
 */
const BACKLOG = 4_096

/** One listening socket and its connections. */
export class Listener {
  readonly #shared: ConnectionShared
  readonly #server: Server
  readonly #connections = new Set<ClientConnection>()
  readonly #sweepMs: number
  readonly #closing = new AbortController()
  #isSwept = false
  #onEmpty: (() => void) | null = null

  constructor(shared: ConnectionShared) {
    const { headMs, bodyMs, halfClosedMs } = shared.times
    const shortest = Math.min(...[headMs, bodyMs, halfClosedMs].filter((limit) => limit > 0), Infinity)
    this.#shared = shared
    this.#sweepMs = Math.max(SHORTEST_SWEEP_MS, Math.min(LONGEST_SWEEP_MS, shortest / 4))
    this.#server = createServer()
  }

  /**
   * Resolves with the bound address; rejects with the system's error. `descriptor`: of a socket that listens already, whose
   * address this is.
   */
  listen({ host, port }: ListenAddress, descriptor: number | null = null): Promise<ListenAddress> {
    return new Promise((resolve, reject) => {
      const onError = (error: Error): void => {
        // Otherwise Node keeps the listener for the next attempt, and there may be one per second.
        this.#server.off('listening', onListening)
        reject(error)
      }
      const onListening = (): void => {
        this.#server.off('error', onError)
        // After this only `accept` can fail, for example without free descriptors; the next one may succeed.
        this.#server.on('error', () => {})
        try {
          takeConnections(this.#server, (handle) => this.#accept(handle))
          resolve({ host, port: this.port ?? port })
        } catch (error) {
          this.#server.close()
          reject(error as Error)
        }
      }
      this.#server.once('error', onError).once('listening', onListening)
      this.#server.listen(
        descriptor === null ? { host, port, backlog: BACKLOG } : { fd: descriptor, backlog: BACKLOG },
      )
    })
  }

  /**
   * Accepts `count` connections more in each turn of the event loop. Rejects when it cannot; then it goes on
   * as before.
   */
  async acceptMore(count: number): Promise<void> {
    const { signal } = this.#closing
    await acceptMore(this.#server, {
      count,
      backlog: BACKLOG,
      take: (connection) => this.#accept(connection),
      signal,
    })
  }

  /** The bound address, as the system has it. */
  get address(): ListenAddress | null {
    const { address, port } = (this.#server.address() as AddressInfo | null) ?? { address: '', port: 0 }
    return address === '' ? null : { host: address, port }
  }

  /** The bound port. */
  get port(): number | null {
    const address = this.#server.address() as AddressInfo | null
    return address?.port ?? null
  }

  /** Takes no new connections; open ones may go on, idle ones too. Resolves when the last one is closed. */
  async close(): Promise<void> {
    this.#closing.abort()
    if (!this.#server.listening) return
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
    if (this.#connections.size === 0) return
    await new Promise<void>((resolve) => (this.#onEmpty = resolve))
  }

  /** Closes connections that have waited for a next request since `untilMs` or longer. */
  closeIdle(untilMs = Infinity): void {
    for (const connection of this.#connections) if (connection.sinceMs <= untilMs) connection.closeIdle()
  }

  /** Cuts everything that is still open. */
  closeAll(): void {
    for (const connection of this.#connections) connection.destroy()
  }

  /** What a callback throws ends this connection, never the process. */
  #accept(handle: BareConnection): void {
    const peer = peerOf(handle)
    if (this.#shared.census.turnsAway(peer.network)) return handle.close()
    let connection: ClientConnection | null = null
    const fenced =
      <A extends unknown[], R>(otherwise: R, act: (one: ClientConnection, ...args: A) => R) =>
      (...args: A): R => {
        if (connection === null) return otherwise
        try {
          return act(connection, ...args)
        } catch (error) {
          connection.onFault(error)
          return otherwise
        }
      }
    const socket = socketOf(
      handle,
      fenced(true, (one, bytes: Buffer, length: number) => one.onBytes(bytes, length)),
    )
    // The listener for errors stays for the life of the socket: an error event without one would end the
    // process.
    socket.on('error', () => socket.destroy())
    connection = this.#admit(socket, peer)
    if (connection === null) return
    const admitted = connection
    socket
      .on(
        'end',
        fenced(undefined, (one) => one.onEnd()),
      )
      .on(
        'drain',
        fenced(undefined, (one) => one.onDrain()),
      )
      .on(
        'finish',
        fenced(undefined, (one) => one.onFinish()),
      )
      .on('close', () => {
        this.#connections.delete(admitted)
        fenced(undefined, (one) => one.onClose())()
        if (this.#connections.size === 0) this.#onEmpty?.()
      })
  }

  /** Null: there is no room, and the client was told so. */
  #admit(socket: Socket, peer: Peer): ClientConnection | null {
    const connection = new ClientConnection(socket, peer, this.#shared)
    const refusal = this.#shared.census.admit(connection)
    if (refusal !== null) {
      socket.end(this.#shared.heads.refusal(503, refusal), 'latin1', () => socket.destroy())
      return null
    }
    this.#connections.add(connection)
    if (!this.#isSwept) this.#sweepLater()
    return connection
  }

  #sweepLater(): void {
    this.#isSwept = true
    this.#shared.clock.after(this.#sweepMs, () => {
      this.#isSwept = false
      const nowMs = this.#shared.clock.now()
      for (const connection of this.#connections) {
        try {
          connection.check(nowMs)
        } catch (error) {
          connection.onFault(error)
        }
      }
      if (this.#connections.size > 0) this.#sweepLater()
    })
  }
}

/** The address is held by another program, or not there yet: a later try to listen may succeed. */
export function mayBeFreeLater(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : ''
  return code === 'EADDRINUSE' || code === 'EADDRNOTAVAIL'
}
