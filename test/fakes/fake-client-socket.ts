import type { Socket } from 'node:net'

/** Whom a socket tells what happens. */
export interface SocketEvents {
  /** False: no more until the socket is resumed. */
  onBytes(bytes: Buffer, length: number): boolean
  onEnd(): void
  onDrain(): void
  onFinish(): void
  onClose(): void
}

/** As much as a socket of Node takes before it says that it is full. */
const HIGH_WATER_BYTES = 16 * 1024
/** What bytes are lent in, one piece after the other, as `adopt-socket.ts` does it. */
const LENT = Buffer.alloc(64 * 1024)
/** What is in it when the server must not look at it any more. Nobody sends that. */
export const LENT_AGAIN = 0xfe

/**
 * The server's end of a client's connection without a network, and what the client does at the other end: as much of `Socket` as `ClientConnection`
 * uses. Events come in a turn of their own, but bytes that are sent while the server reads are there at once. Deterministic.
 */
export class FakeClientSocket {
  readonly remotePort: number
  destroyed = false
  readableEnded = false
  writableFinished = false
  bytesWritten = 0
  /** All that the client got. */
  readonly received: Buffer[] = []
  /** The client got the end of the connection. */
  isEnded = false
  wasReset = false
  events: SocketEvents | null = null
  #sent: Buffer[] = []
  #isSentEnded = false
  #isReading = true
  #isDelivering = false
  #waiting: Buffer[] = []
  #waitingBytes = 0
  #room = Infinity
  #needsDrain = false
  #isEnding = false
  #onFinished: (() => void)[] = []

  constructor(remotePort: number) {
    this.remotePort = remotePort
  }

  get asSocket(): Socket {
    return this as unknown as Socket
  }

  /** There is no network that could wait for more to send. */
  setNoDelay(): this {
    return this
  }

  setKeepAlive(): this {
    return this
  }

  get text(): string {
    return Buffer.concat(this.received).toString('latin1')
  }

  // What the client does.

  clientSends(bytes: Buffer | string): void {
    this.#sent.push(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : Buffer.from(bytes))
    this.#deliver()
  }

  /** Ends its sending side. */
  clientEnds(): void {
    this.#isSentEnded = true
    this.#deliver()
  }

  /** Is gone, with all that was under way. */
  clientLeaves(): void {
    this.destroy()
  }

  /** Reads as many bytes as these at the most from now on; `Infinity`: all that comes. */
  clientTakes(bytes: number): void {
    this.#room = bytes
    this.#flush()
  }

  // What the server does.

  get writableLength(): number {
    return this.#waitingBytes
  }

  get writableNeedDrain(): boolean {
    return this.#needsDrain
  }

  write(chunk: Uint8Array | string, done?: BufferEncoding | (() => void)): boolean {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk, 'latin1') : Buffer.from(chunk)
    if (this.destroyed || this.#isEnding) return false
    this.bytesWritten += bytes.length
    this.#waiting.push(bytes)
    this.#waitingBytes += bytes.length
    if (typeof done === 'function') process.nextTick(done)
    this.#flush()
    if (this.#waitingBytes >= HIGH_WATER_BYTES) this.#needsDrain = true
    return !this.#needsDrain
  }

  cork(): void {}

  uncork(): void {}

  end(done?: () => void): void {
    if (done !== undefined) this.#onFinished.push(done)
    this.#isEnding = true
    this.#flush()
  }

  resume(): void {
    this.#isReading = true
    process.nextTick(() => this.#deliver())
  }

  resetAndDestroy(): void {
    this.wasReset = true
    this.destroy()
  }

  destroy(): void {
    if (this.destroyed) return
    this.destroyed = true
    this.#sent = []
    process.nextTick(() => this.events?.onClose())
  }

  #deliver(): void {
    // Bytes that are sent from within a callback come behind it.
    if (this.#isDelivering) return
    this.#isDelivering = true
    while (this.#isReading && !this.destroyed && this.events !== null) {
      const piece = this.#sent.shift()
      if (piece === undefined) break
      if (piece.length > LENT.length) this.#sent.unshift(piece.subarray(LENT.length))
      const length = piece.copy(LENT, 0, 0, Math.min(piece.length, LENT.length))
      if (!this.events.onBytes(LENT, length)) this.#isReading = false
      LENT.fill(LENT_AGAIN, 0, length)
    }
    this.#isDelivering = false
    const isDue = this.#isSentEnded && this.#sent.length === 0 && this.#isReading && !this.readableEnded
    if (!isDue || this.destroyed) return
    process.nextTick(() => {
      if (this.destroyed || this.readableEnded) return
      this.readableEnded = true
      this.events?.onEnd()
      this.#closeWhenBothEnded()
    })
  }

  #flush(): void {
    while (this.#room > 0 && this.#waitingBytes > 0 && !this.destroyed) {
      const [first = Buffer.alloc(0), ...others] = this.#waiting
      const taken = first.subarray(0, Math.min(first.length, this.#room))
      this.received.push(Buffer.from(taken))
      this.#room -= taken.length
      this.#waitingBytes -= taken.length
      this.#waiting = taken.length === first.length ? others : [first.subarray(taken.length), ...others]
    }
    if (this.#waitingBytes > 0 || this.destroyed) return
    if (this.#needsDrain) {
      this.#needsDrain = false
      process.nextTick(() => this.destroyed || this.events?.onDrain())
    }
    if (this.#isEnding && !this.isEnded) this.#finish()
  }

  #finish(): void {
    this.isEnded = true
    process.nextTick(() => {
      if (this.destroyed) return
      this.writableFinished = true
      for (const done of this.#onFinished.splice(0)) done()
      this.events?.onFinish()
      this.#closeWhenBothEnded()
    })
  }

  #closeWhenBothEnded(): void {
    if (this.readableEnded && this.writableFinished) this.destroy()
  }
}
