import { randomBytes } from 'node:crypto'
import type { Msg, Subscription } from '@nats-io/transport-node'
import type { QueueSession } from '../../session.ts'

export interface PullerEvents {
  /** A message of the stream. */
  onMessage(message: { readonly subject: string; readonly reply: string; readonly data: Uint8Array }): void
  /** The pull is over; nothing more comes of it. `isGone`: there is no such consumer. */
  onEnd(token: string, isGone: boolean): void
}

/**
 * Asks consumers for messages that are there now; one subscription for all of them. JetStream's own wire
 * (`CONSUMER.MSG.NEXT`): the client library would hold iterator, timers and subscription for each consumer.
 */
export class Puller {
  readonly #session: QueueSession
  readonly #stream: string
  readonly #events: PullerEvents
  readonly #inbox: string
  readonly #subscription: Subscription

  constructor(session: QueueSession, stream: string, events: PullerEvents) {
    this.#session = session
    this.#stream = stream
    this.#inbox = `_INBOX.${randomBytes(12).toString('hex')}`
    this.#events = events
    this.#subscription = session.nc.subscribe(`${this.#inbox}.*`, {
      callback: (error, message) => {
        if (error === null) this.#received(message)
      },
    })
  }

  /** At most `batch` messages, and no waiting for more. `token`: has no dots. */
  pull(consumer: string, token: string, batch: number): void {
    const subject = `$JS.API.CONSUMER.MSG.NEXT.${this.#stream}.${consumer}`
    const wish = JSON.stringify({ batch, no_wait: true })
    this.#session.nc.publish(subject, wish, { reply: `${this.#inbox}.${token}` })
  }

  close(): void {
    this.#subscription.unsubscribe()
  }

  /** A message comes under its own subject; a status under that of the pull. */
  #received({ subject, reply, data, headers }: Msg): void {
    if (subject.startsWith(`${this.#inbox}.`)) {
      const code = headers?.code ?? 0
      // 503: nobody listens there; 409: it was deleted meanwhile, or is no consumer for pulls.
      this.#events.onEnd(subject.slice(this.#inbox.length + 1), code === 503 || code === 409)
    } else if (reply !== undefined && reply !== '') this.#events.onMessage({ subject, reply, data })
  }
}
