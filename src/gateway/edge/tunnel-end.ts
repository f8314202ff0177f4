import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'

/** The connection that a tunnel's bytes come from. */
export interface TunnelSource {
  /** There is room for more. */
  onTunnelWanted(): void
}

/**
 * A client's connection after it left HTTP, as a stream of bytes. The socket itself reads into a buffer that all connections share, so the
 * connection pushes a copy of each piece in here.
 */
export class TunnelEnd extends Duplex {
  readonly #socket: Socket
  readonly #source: TunnelSource

  constructor(socket: Socket, source: TunnelSource) {
    super({ allowHalfOpen: true })
    this.#socket = socket
    this.#source = source
  }

  /** Whether it takes more before somebody reads. */
  get wantsMore(): boolean {
    return this.readableLength < this.readableHighWaterMark
  }

  override _read(): void {
    this.#source.onTunnelWanted()
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#socket.write(chunk, done)
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#socket.end(() => done())
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#socket.destroy()
    done(error)
  }
}
