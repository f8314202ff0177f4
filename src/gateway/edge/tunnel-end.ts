import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'

/**
 * A client's connection after an upgrade, as a stream of bytes. The socket itself reads into a buffer that
 * all connections share, so the connection pushes a copy of each piece into this stream.
 */
export class TunnelEnd extends Duplex {
  readonly #socket: Socket
  readonly #onRoom: () => void
  #wantsMore = true

  /** `onRoom`: there is room for more. */
  constructor(socket: Socket, onRoom: () => void) {
    super({ allowHalfOpen: true })
    this.#socket = socket
    this.#onRoom = onRoom
  }

  /** Passes the bytes received so far. `isEnded`: nothing will follow them. */
  begin(first: Buffer | null, isEnded: boolean): void {
    if (first !== null) this.give(first)
    if (isEnded) this.push(null)
  }

  /** Passes bytes from the client, which must not be changed afterwards. */
  give(bytes: Buffer): void {
    this.#wantsMore = this.push(bytes)
  }

  /** Whether it takes more before somebody reads. */
  get wantsMore(): boolean {
    return this.#wantsMore
  }

  /** Asks for more only once, before the present bytes have been consumed. */
  override _read(): void {
    this.#wantsMore = true
    this.#onRoom()
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
