import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'

/** Read ahead of the function. */
const BUFFER_BYTES = 64 * 1024

/**
 * The body of a request as a stream of its own: whoever reads it may destroy it without destroying the client's connection, on
 * which the answer still has to go out. Touches the request only when somebody reads.
 */
export class RequestBody extends Readable {
  readonly #req: IncomingMessage
  readonly #onWanted: () => void
  #isOpen = false

  /** `onWanted` is called once, when the first byte is asked for. */
  constructor(req: IncomingMessage, onWanted: () => void) {
    super({ highWaterMark: BUFFER_BYTES })
    this.#req = req
    this.#onWanted = onWanted
  }

  override _read(): void {
    if (!this.#isOpen) this.#open()
    this.#req.resume()
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#req.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onClose)
    done(error)
  }

  #open(): void {
    this.#isOpen = true
    this.#req.on('data', this.#onData).on('end', this.#onEnd).on('close', this.#onClose)
    this.#onWanted()
  }

  readonly #onData = (chunk: Buffer): void => {
    if (!this.push(chunk)) this.#req.pause()
  }

  readonly #onEnd = (): void => {
    this.push(null)
  }

  readonly #onClose = (): void => {
    if (!this.#req.readableEnded) this.destroy(new Error('the client left before the end of its body'))
  }
}
