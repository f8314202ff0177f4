import type { Clock } from '../../clock.ts'
import { hasCode, messageOf } from '../../core/errors.ts'
import type { Log } from '../../log.ts'
import type { Publisher, StreamMessage } from '../publisher.ts'

const FIRST_RETRY_MS = 100
const LAST_RETRY_MS = 5_000

/** Publishes what must not be lost, again and again until the server has it: it may be restarting, or full. */
export class StreamWriter {
  readonly #publisher: Publisher
  readonly #clock: Clock
  readonly #log: Log

  constructor(publisher: Publisher, clock: Clock, log: Log) {
    this.#publisher = publisher
    this.#clock = clock
    this.#log = log
  }

  /**
   * Answers its place in the stream. Rejects when `signal` aborts, and with `too-large` for what the server never
   * will take.
   */
  async write(message: StreamMessage, signal: AbortSignal): Promise<number> {
    for (let waitMs = FIRST_RETRY_MS; ; waitMs = Math.min(LAST_RETRY_MS, waitMs * 2)) {
      signal.throwIfAborted()
      const reason = await this.#attempt(message)
      if (typeof reason === 'number') return reason
      this.#log.warn('not stored yet, will retry', { subject: message.subject, reason })
      await this.#clock.sleep(waitMs, signal)
    }
  }

  /** The place in the stream, or why it has none. */
  async #attempt(message: StreamMessage): Promise<number | string> {
    try {
      const published = await this.#publisher.publish(message)
      return 'sequence' in published ? published.sequence : published.unknown
    } catch (error) {
      if (hasCode(error, 'too-large')) throw error
      return messageOf(error)
    }
  }
}
