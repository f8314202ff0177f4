import { Readable } from 'node:stream'
import type { ByteShare } from '../budgets/byte-budget.ts'

/** Bytes that are read ahead of the reader. */
const BUFFER_BYTES = 64 * 1024

/** The connection that a body comes from. */
export interface BodySource {
  /** There is room for more. */
  onBodyWanted(): void
  /** Nobody reads the rest. */
  onBodyDropped(): void
}

/**
 * The body of a request as a separate stream: its reader may destroy it without destroying the client's
 * connection, which still has to carry the answer. Nothing is read from the connection before this stream is
 * read.
 */
export class RequestBody extends Readable {
  /** Counts its waiting bytes. */
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
