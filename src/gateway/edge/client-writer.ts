import type { Socket } from 'node:net'

/** The sending side of one client's connection. */
export class ClientWriter {
  readonly #socket: Socket
  /** At the last look. */
  #bytesWritten = 0

  constructor(socket: Socket) {
    this.#socket = socket
  }

  /** False: what is written now waits for the client; the socket will say `drain`. */
  get hasRoom(): boolean {
    return !this.#socket.writableNeedDrain
  }

  /** Bytes of ours wait for the client. */
  get isWaiting(): boolean {
    return this.#socket.writableLength > 0
  }

  /** Whether anything has left since this was asked before. */
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
   * The client must see that something is missing: where only the end of the connection marks the end, it has
   * to be a reset.
   */
  cut(isDelimited: boolean): void {
    if (isDelimited) this.#socket.destroy()
    else this.#socket.resetAndDestroy()
  }
}
