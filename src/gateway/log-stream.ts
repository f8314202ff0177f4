import { nameOf, namespaceOf, type FunctionName } from '../core/function-name.ts'
import type { LogLine } from '../core/provider.ts'

/** Text gathered before it is written. */
const BATCH_CHARS = 32 * 1024

/**
 * Log lines as the JSON lines of http-api 4.4, in batches: what is there within one turn of the event loop is written at once. Nothing
 * is fetched before the reader wants it, so a slow one holds back its own source and takes no memory.
 */
export class LogBatches {
  readonly #fn: FunctionName
  readonly #lines: AsyncIterator<LogLine>
  #next: Promise<IteratorResult<LogLine>> | undefined

  constructor(fn: FunctionName, lines: AsyncIterable<LogLine>) {
    this.#fn = fn
    this.#lines = lines[Symbol.asyncIterator]()
  }

  /** Waits for at least one line; null at the end. Rejects as the source does. */
  async take(): Promise<string | null> {
    const first = await this.#pending()
    this.#next = undefined
    if (first.done === true) return null

    let text = this.#format(first.value)
    const turn = nextTurn()
    while (text.length < BATCH_CHARS) {
      const more = await Promise.race([this.#pending(), turn])
      if (more === undefined || more.done === true) break
      this.#next = undefined
      text += this.#format(more.value)
    }
    return text
  }

  /** Lets the source go. Never rejects. */
  async end(): Promise<void> {
    // The source may be waiting for a line; it has been told to end by its signal.
    await this.#next?.catch(() => undefined)
    await this.#lines.return?.().catch(() => undefined)
  }

  #pending(): Promise<IteratorResult<LogLine>> {
    this.#next ??= this.#lines.next()
    // Whoever takes it next sees a failure; until then it must not count as unhandled.
    this.#next.catch(() => undefined)
    return this.#next
  }

  #format(line: LogLine): string {
    const { timestamp, instance, text } = line
    const message = { name: nameOf(this.#fn), namespace: namespaceOf(this.#fn), instance, timestamp, text }
    return `${JSON.stringify(message)}\n`
  }
}

function nextTurn(): Promise<undefined> {
  return new Promise((resolve) => setImmediate(() => resolve(undefined)))
}
