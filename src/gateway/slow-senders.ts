import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { every, type Clock } from '../clock.ts'
import type { Log } from '../log.ts'

export interface SlowSenderOptions {
  /** Longest silence in the middle of a request body. 0 means no limit. */
  readonly silenceMs: number
  readonly clock: Clock
  readonly log: Log
}

interface Sending {
  /** Bytes that had come over the connection at the last look. */
  bytes: number
  /** When that number last changed, or the silence was ours. */
  sinceMs: number
}

/**
 * Ends requests whose sender falls silent before the body is complete. Node's own `requestTimeout` limits the whole upload, which
 * would cut long ones; this limits only the silence. A body that we ourselves do not read on (a function is slow) is no silence.
 */
export class SlowSenders {
  readonly #options: SlowSenderOptions
  readonly #sending = new Map<IncomingMessage, Sending>()
  readonly #onSilent: (req: IncomingMessage) => void

  constructor(options: SlowSenderOptions, onSilent: (req: IncomingMessage) => void) {
    this.#options = options
    this.#onSilent = onSilent
  }

  /** Watches a request that has a body, until it is complete. */
  watch(req: IncomingMessage): void {
    if (this.#options.silenceMs === 0) return
    this.#sending.set(req, { bytes: req.socket.bytesRead, sinceMs: this.#options.clock.now() })
  }

  /** Looks again and again until `signal` aborts. */
  run(signal: AbortSignal): Promise<void> {
    const { clock, log, silenceMs } = this.#options
    if (silenceMs === 0) return Promise.resolve()
    const onError = (err: unknown): void => log.error('look for slow senders failed', { err })
    const intervalMs = Math.max(10, Math.min(1_000, silenceMs / 4))
    return every({ clock, intervalMs, signal, onError }, () => this.#look())
  }

  #look(): void {
    const nowMs = this.#options.clock.now()
    for (const [req, sending] of this.#sending) {
      if (req.complete || req.destroyed) {
        this.#sending.delete(req)
        continue
      }
      const { bytesRead }: Socket = req.socket
      if (bytesRead !== sending.bytes || req.readableLength > 0) {
        sending.bytes = bytesRead
        sending.sinceMs = nowMs
      } else if (nowMs - sending.sinceMs >= this.#options.silenceMs) {
        this.#sending.delete(req)
        this.#onSilent(req)
      }
    }
  }
}
