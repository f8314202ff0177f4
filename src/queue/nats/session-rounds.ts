import { every, type Clock } from '../../clock.ts'
import { messageOf } from '../../core/errors.ts'
import type { DialledServer } from './client.ts'
import { StreamFault } from './faults.ts'
import type { Health } from './health.ts'
import { explainWriteError } from './own-server.ts'
import { checkStreams, type EnsureOptions } from './streams.ts'

export interface RoundsOptions {
  readonly clock: Clock
  readonly intervalMs: number
  readonly streams: EnsureOptions
  /** How our own server says that it is; always well for another's. */
  readonly health: (signal: AbortSignal) => Promise<Health>
  readonly onFound: (found: RoundFinding) => void
  /** The session cannot go on. */
  readonly onLost: (reason: Error) => void
}

export interface RoundFinding {
  readonly rttMs: number
  readonly consumers: number
  /** What the server complains of that is no reason to end the session; empty when nothing. */
  readonly remark: string
}

/** In a row, before a server that does not answer is left. */
const MOST_FAILURES = 2

/**
 * Looks at a session now and then: whether its streams are as they were, and whether our server can write.
 */
export class SessionRounds {
  readonly #dialled: DialledServer
  readonly #options: RoundsOptions
  readonly #signal: AbortSignal
  #failures = 0
  #look: Promise<void> | undefined

  constructor(dialled: DialledServer, options: RoundsOptions, signal: AbortSignal) {
    this.#dialled = dialled
    this.#options = options
    this.#signal = signal
  }

  /** Until the signal aborts. */
  async run(): Promise<void> {
    const { clock, intervalMs } = this.#options
    const signal = this.#signal
    await every({ clock, intervalMs, signal, onError: () => undefined }, () => this.look())
  }

  /** Looks at once; one look at a time. Never rejects. */
  look(): Promise<void> {
    this.#look ??= this.#lookOnce()
      .then(() => (this.#failures = 0))
      .catch((error: unknown) => this.#failed(error))
      .then(() => (this.#look = undefined))
    return this.#look
  }

  async #lookOnce(): Promise<void> {
    const { health, streams, onFound } = this.#options
    const { nc, jsm } = this.#dialled
    const { kind, text } = await health(this.#signal)
    if (kind === 'write-error') throw new StreamFault(explainWriteError(text))
    await checkStreams(jsm, streams)
    const { consumers } = await jsm.getAccountInfo()
    const rttMs = await nc.rtt()
    onFound({ rttMs, consumers, remark: kind === 'well' ? '' : `nats-server does not feel well: ${text}` })
  }

  #failed(error: unknown): void {
    if (this.#signal.aborted) return
    this.#failures += 1
    if (error instanceof StreamFault) this.#options.onLost(error)
    else if (this.#failures >= MOST_FAILURES) {
      this.#options.onLost(
        new Error(`the NATS server does not answer (${messageOf(error)})`, { cause: error }),
      )
    }
  }
}
