import type { Socket } from 'node:net'

/** The sending side of one client's connection. */
export class ClientWriter {
  readonly #socket: Socket
  /** At the last check. */
  #bytesWritten = 0

  constructor(socket: Socket) {
    this.#socket = socket
  }

  /** False: what is written now waits for the client, and the socket will emit `drain`. */
  get hasRoom(): boolean {
    return !this.#socket.writableNeedDrain
  }

  /** Bytes are waiting for the client to read. */
  get isWaiting(): boolean {
    return this.#socket.writableLength > 0
  }

  /** Whether any bytes have left since the last call of this. */
  hasMoved(): boolean {
    const before = this.#bytesWritten
    this.#bytesWritten = this.#socket.bytesWritten
    return this.#bytesWritten !== before
  }

  /** A byte per character. */
  text(text: string): void {
    this.#socket.write(text, 'latin1')
  }

  /** All three in one piece. Answers `hasRoom`. */
  bytes(before: string, chunk: Uint8Array, after: string): boolean {
    const socket = this.#socket
    if (before === '' && after === '') return socket.write(chunk)
    socket.cork()
    if (before !== '') socket.write(before, 'latin1')
    socket.write(chunk)
    if (after !== '') socket.write(after, 'latin1')
    socket.uncork()
    return this.hasRoom
  }

  /**
   * The client must see that the answer is incomplete. When only the end of the connection marks the end of
   * the answer, that end must be a reset.
   */
  cut(isDelimited: boolean): void {
    if (isDelimited) this.#socket.destroy()
    else this.#socket.resetAndDestroy()
  }
}
