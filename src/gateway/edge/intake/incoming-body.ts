import { ChunkedDecoder } from '../../../http1/chunked-decoder.ts'
import { readFields } from '../../../http1/http-fields.ts'
import { ByteShare, type ByteBudget } from '../budgets/byte-budget.ts'
import { Refusal } from './refusal.ts'
import { RequestBody, type BodySource } from './request-body.ts'
import { CHUNKED } from './request-head.ts'

/**
 * At most this much of an unwanted body is read, so that a client that sends everything before it reads still
 * gets its answer (as Go's server).
 */
const MOST_UNWANTED_BYTES = 256 * 1024

export interface IncomingBodyOptions {
  /** Bytes, or `CHUNKED`. */
  readonly length: number
  readonly source: BodySource
  /** Counts the bytes that wait here for their reader. */
  readonly budget: ByteBudget
}

/** Extracts the body of one request from the bytes of a connection. */
export class IncomingBody {
  readonly stream: RequestBody
  /** Names and values in turn; there when the body is complete. */
  trailers: string[] = []
  readonly #share: ByteShare
  readonly #chunks: ChunkedDecoder | null
  #left: number
  #unwanted = 0
  /** The reader has room. True at first: the reader gets a buffer full before it has to ask. */
  #isAsked = true
  #isComplete = false

  constructor({ length, source, budget }: IncomingBodyOptions) {
    this.#share = new ByteShare(budget)
    this.#chunks = length === CHUNKED ? new ChunkedDecoder() : null
    this.#left = length
    this.stream = new RequestBody(
      {
        onBodyWanted: () => {
          this.#isAsked = true
          this.account()
          source.onBodyWanted()
        },
        onBodyDropped: () => {
          this.#share.hold(0)
          source.onBodyDropped()
        },
      },
      this.#share,
    )
  }

  /** All of it came. */
  get isComplete(): boolean {
    return this.#isComplete
  }

  /** Whether more of it may be read now. */
  get isWanted(): boolean {
    if (this.#isComplete) return false
    if (this.stream.destroyed) return !this.isTooMuch
    return this.#isAsked
  }

  /** It is unwanted, and more of it came than the limit for unwanted bodies. */
  get isTooMuch(): boolean {
    return this.#unwanted > MOST_UNWANTED_BYTES
  }

  /**
   * Takes the bytes that belong to it; returns where it stopped. The bytes are only lent. Throws a `Refusal`
   * for bad chunks.
   */
  take(bytes: Buffer, from: number, to: number): number {
    return this.#chunks === null
      ? this.#takeLength(bytes, from, to)
      : this.#takeChunks(this.#chunks, bytes, { from, to })
  }

  /** Notes how much waits for the reader. */
  account(): void {
    this.#share.hold(this.stream.destroyed ? 0 : this.stream.readableLength)
  }

  /** The rest will not come, or is unwanted. */
  stop(error?: Error): void {
    this.stream.destroy(error)
  }

  #takeLength(bytes: Buffer, from: number, to: number): number {
    const end = Math.min(to, from + this.#left)
    this.#left -= end - from
    this.#give(bytes, from, end)
    if (this.#left === 0) this.#complete()
    return end
  }

  #takeChunks(chunks: ChunkedDecoder, bytes: Buffer, { from, to }: { from: number; to: number }): number {
    this.#give(bytes, from, chunks.decode(bytes, from, to))
    if (chunks.failure !== null) throw new Refusal(400, `the request body has ${chunks.failure.message}`)
    if (chunks.isDone) {
      this.trailers = trailersOf(chunks.trailers)
      this.#complete()
    }
    return chunks.consumed
  }

  #give(bytes: Buffer, from: number, to: number): void {
    if (from === to) return
    if (this.stream.destroyed) {
      this.#unwanted += to - from
      return
    }
    this.#isAsked = this.stream.push(Buffer.from(bytes.subarray(from, to)))
    this.account()
  }

  #complete(): void {
    this.#isComplete = true
    if (!this.stream.destroyed) this.stream.push(null)
  }
}

function trailersOf(text: string): string[] {
  try {
    return text === '' ? [] : readFields(text, 0, text.length)
  } catch (error) {
    throw new Refusal(
      400,
      `the request has ${error instanceof Error ? error.message : 'malformed'} in its trailers`,
    )
  }
}
