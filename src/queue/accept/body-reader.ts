import { FaasError } from '../../core/errors.ts'
import type { SpooledBody } from '../job/envelope.ts'
import type { Spool, SpoolFile } from '../spool.ts'

export interface BodyLimits {
  /** Bodies up to this size travel in their message. */
  readonly inlineBytes: number
  /** Larger ones are refused. */
  readonly mostBytes: number
}

/** Bytes of bodies that are being collected in memory, of all requests together. Above that they are spooled. */
const MOST_COLLECTED = 16 * 1024 * 1024

/** Reads bodies: small ones into memory, large ones into files, and never more than a limit of either. */
export class BodyReader {
  readonly #spool: Spool
  readonly #limits: BodyLimits
  #collected = 0

  constructor(spool: Spool, limits: BodyLimits) {
    this.#spool = spool
    this.#limits = limits
  }

  /** Before a byte is read. Throws `too-large`. */
  check(length: number): void {
    if (length > this.#limits.mostBytes) throw this.#tooLarge()
  }

  /** `name`: of the file, should there be one. Throws `too-large`, `unavailable`, and what the body throws. */
  async read(
    body: AsyncIterable<Uint8Array> | Uint8Array | null,
    name: string,
  ): Promise<Uint8Array | SpooledBody | null> {
    if (body === null) return null
    if (body instanceof Uint8Array) {
      this.check(body.length)
      if (body.length <= this.#limits.inlineBytes) return body
    }
    return this.#collect(body instanceof Uint8Array ? inPieces(body) : body, name)
  }

  async #collect(body: AsyncIterable<Uint8Array>, name: string): Promise<Uint8Array | SpooledBody | null> {
    const chunks: Uint8Array[] = []
    let held = 0
    let size = 0
    let file: SpoolFile | null = null
    try {
      for await (const chunk of body) {
        size += chunk.length
        this.check(size)
        if (file !== null) await this.#append(file, chunk)
        else {
          chunks.push(chunk)
          held += chunk.length
          this.#collected += chunk.length
          if (held <= this.#limits.inlineBytes && this.#collected <= MOST_COLLECTED) continue
          file = await this.#spool.create(name)
          for (const one of chunks.splice(0)) await this.#append(file, one)
          this.#collected -= held
          held = 0
        }
      }
      if (file === null) return size === 0 ? null : Buffer.concat(chunks)
      return await file.finish()
    } catch (error) {
      await file?.abandon()
      throw error
    } finally {
      this.#collected -= held
    }
  }

  async #append(file: SpoolFile, chunk: Uint8Array): Promise<void> {
    if (this.#spool.isFull(chunk.length)) {
      throw new FaasError('unavailable', 'the spool of asynchronous calls is full (SAMPAN_ASYNC_SPOOL)', {
        retryAfterS: 30,
      })
    }
    await file.write(chunk)
  }

  #tooLarge(): FaasError {
    const { mostBytes } = this.#limits
    return new FaasError(
      'too-large',
      `the body is larger than ${mostBytes} bytes, the most that SAMPAN_ASYNC_MAX_BODY allows`,
    )
  }
}

async function* inPieces(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes
}
