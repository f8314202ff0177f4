import type { TurnEnd } from '../../../work/turn-end.ts'
import type { QueueLink } from '../../session.ts'

/** Longest wait for the server's word that it has noted an end. */
const ACK_MS = 5_000

const NANOSECONDS = 1_000_000

/** What the reply subject of a delivery says. */
export interface DeliveryFacts {
  /** Place in the stream. */
  readonly sequence: number
  /** How often it was delivered to this consumer, this time included. */
  readonly deliveries: number
  /** Messages behind it that were not delivered yet. */
  readonly pending: number
  /** When it was stored; as the server says it. */
  readonly storedAt: string
}

/**
 * `$JS.ACK.<stream>.<consumer>.<delivered>.<stream seq>.<consumer seq>.<time>.<pending>`, from 2.11 on perhaps
 * with domain and account before the stream and a token at the end (nats-architecture-and-design, ADR-15).
 */
export function readReply(reply: string): DeliveryFacts {
  const tokens = reply.split('.')
  const offset = tokens.length > 9 ? 2 : 0
  return {
    sequence: Number(tokens[5 + offset]),
    deliveries: Number(tokens[4 + offset]),
    pending: Number(tokens[8 + offset]),
    storedAt: tokens[7 + offset] ?? '',
  }
}

/**
 * How the server hears what became of a delivery. By subject only, so it outlives a connection: an answer may
 * go by the next one.
 */
export class Receipt {
  readonly facts: DeliveryFacts
  readonly #link: QueueLink
  readonly #reply: string
  readonly #turnEnd: TurnEnd

  constructor(link: QueueLink, reply: string, turnEnd: TurnEnd) {
    this.#link = link
    this.#reply = reply
    this.#turnEnd = turnEnd
    this.facts = readReply(reply)
  }

  /** It is still being worked on. */
  working(): void {
    this.#say('+WPI')
  }

  /** Deliver it again, not before `delayMs` are over. Not confirmed: who needs that writes it down before. */
  later(delayMs: number): void {
    const nak = delayMs <= 0 ? '-NAK' : `-NAK ${JSON.stringify({ delay: Math.ceil(delayMs) * NANOSECONDS })}`
    this.#say(nak)
  }

  /** A connection that is closing takes nothing more: the server delivers again in its time. */
  #say(word: string): void {
    try {
      this.#link.session?.nc.publish(this.#reply, word)
    } catch {
      // Its end is on its way to us.
    }
  }

  /**
   * It is done with. True: the server says that it is removed. False: nobody knows; it may be delivered again.
   */
  async done(): Promise<boolean> {
    await this.#turnEnd.reached()
    const nc = this.#link.session?.nc
    if (nc === undefined) return false
    try {
      await nc.request(this.#reply, '+ACK', { timeout: ACK_MS })
      return true
    } catch {
      return false
    }
  }
}
