import { Readable } from 'node:stream'
import type { ByteShare } from '../budgets/byte-budget.ts'

/** Read ahead of whoever takes the body. */
const BUFFER_BYTES = 64 * 1024

/** The connection that a body comes from. */
export interface BodySource {
  /** There is room for more. */
  onBodyWanted(): void
  /** Nobody reads the rest. */
  onBodyDropped(): void
}

/**
 * The body of a request as a stream of its own: whoever reads it may destroy it without destroying the
 * client's connection, on which the answer still has to go out. Nothing is read from the connection before
 * somebody reads here.
 */
export class RequestBody extends Readable {
  /** What of it waits here. */
  readonly share: ByteShare
  readonly #source: BodySource

  constructor(source: BodySource, share: ByteShare) {
    super({ highWaterMark: BUFFER_BYTES })
    this.#source = source
    this.share = share
    // It may break off before anybody listens; without a listener the error would end the process.
    this.on('error', () => {})
  }

  override _read(): void {
    this.#source.onBodyWanted()
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#source.onBodyDropped()
    done(error)
  }
}
