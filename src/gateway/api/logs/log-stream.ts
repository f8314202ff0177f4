import { nameOf, namespaceOf, type FunctionName } from '../../../core/functions/function-name.ts'
import type { LogLine } from '../../../core/provider/log-line.ts'
import type { LogMessage } from '../../../wire/answer-schemas.ts'

/**
 * Encodes log lines as the JSON lines of http-api 4.4. The result is kept as long as the array of lines:
 * hundreds of followers of one function get the same array, and the same bytes serve all of them.
 */
export class LineEncoder {
  readonly #encoder = new TextEncoder()
  readonly #made = new WeakMap<readonly LogLine[], Uint8Array>()

  /** The lines must all be of `fn`. */
  encode(fn: FunctionName, lines: readonly LogLine[]): Uint8Array {
    const made = this.#made.get(lines) ?? this.#encoder.encode(format(fn, lines))
    this.#made.set(lines, made)
    return made
  }
}

/**
 * The encoded lines of one reader. Nothing is fetched before the reader asks, so a slow reader takes no
 * memory.
 */
export class LogBatches {
  readonly #fn: FunctionName
  readonly #batches: AsyncIterator<readonly LogLine[]>
  readonly #encoder: LineEncoder
  #next: Promise<IteratorResult<readonly LogLine[]>> | undefined

  constructor(fn: FunctionName, batches: AsyncIterable<readonly LogLine[]>, encoder: LineEncoder) {
    this.#fn = fn
    this.#batches = batches[Symbol.asyncIterator]()
    this.#encoder = encoder
  }

  /** Waits for at least one line; null at the end. Rejects as the source does. */
  async take(): Promise<Uint8Array | null> {
    for (;;) {
      this.#next = this.#batches.next()
      const { done, value } = await this.#next
      if (done === true) return null
      if (value.length > 0) return this.#encoder.encode(this.#fn, value)
    }
  }

  /** Releases the source. Never rejects. */
  async end(): Promise<void> {
    // The source may be waiting for a line; its signal has told it to end.
    await this.#next?.catch(() => undefined)
    await this.#batches.return?.().catch(() => undefined)
  }
}

function format(fn: FunctionName, lines: readonly LogLine[]): string {
  const [name, namespace] = [nameOf(fn), namespaceOf(fn)]
  return lines
    .map(({ timestamp, instance, text }) => {
      const message: LogMessage = { name, namespace, instance, timestamp, text }
      return `${JSON.stringify(message)}\n`
    })
    .join('')
}
