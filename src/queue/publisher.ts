import { FaasError, messageOf } from '../core/errors.ts'
import { TurnEnd } from '../work/turn-end.ts'
import type { QueueLink } from './session.ts'

/** Longest wait for the server's word that a message is on its disk. */
const ACK_MS = 5_000

/**
 * The stream or the account has no room: "maximum messages exceeded" and its like, "no space left on device",
 * storage limits (async-scaling F14, jetstream.md 2).
 */
const FULL_CODES: ReadonlySet<number> = new Set([10077, 10023, 10047])

/** "message size exceeds maximum allowed": it never will be stored. */
const TOO_LARGE_CODE = 10054

/** For the headers that NATS puts to a message. */
const ENVELOPE_BYTES = 1_024

/** After so many publishes without an answer, one after the other, the server is asked how it is. */
const SUSPICIOUS = 2

export interface StreamMessage {
  readonly subject: string
  readonly data: Uint8Array
  /** By which the server knows a repeated one. */
  readonly id: string
}

/** It is stored, or nobody knows whether it is. */
export type Published = { readonly sequence: number } | { readonly unknown: string }

/** Puts messages into streams. */
export class Publisher {
  readonly #link: QueueLink
  readonly #turnEnd = new TurnEnd()
  #unanswered = 0

  constructor(link: QueueLink) {
    this.#link = link
  }

  /**
   * Answers `unknown`, with the reason, when the server did not answer in time, or is away. Throws `unavailable`
   * when it has no room, and `too-large` when it never will take it.
   */
  async publish({ subject, data, id }: StreamMessage): Promise<Published> {
    await this.#turnEnd.reached()
    const { session } = this.#link
    if (session === null) return { unknown: this.#link.status().reason }
    const mostBytes = session.nc.info?.max_payload ?? Infinity
    if (data.length + ENVELOPE_BYTES > mostBytes) throw tooLarge(data.length, `max_payload is ${mostBytes}`)
    try {
      const ack = await session.js.publish(subject, data, { msgID: id, timeout: ACK_MS })
      this.#unanswered = 0
      return { sequence: ack.seq }
    } catch (error) {
      if (FULL_CODES.has(codeOf(error))) throw full(error)
      if (codeOf(error) === TOO_LARGE_CODE) throw tooLarge(data.length, messageOf(error))
      this.#unanswered += 1
      if (this.#unanswered >= SUSPICIOUS) {
        this.#unanswered = 0
        this.#link.suspectWrites()
      }
      return { unknown: messageOf(error) }
    }
  }
}

function full(error: unknown): FaasError {
  const reason = messageOf(error)
  const options = { cause: error, retryAfterS: 10 }
  return new FaasError(
    'unavailable',
    `the queue is full (SAMPAN_ASYNC_STORE, or the disk): ${reason}`,
    options,
  )
}

function tooLarge(bytes: number, reason: string): FaasError {
  return new FaasError(
    'too-large',
    `the NATS server takes no message of ${bytes} bytes (its setting max_payload): ${reason}`,
  )
}

/** "no message found", and a deleted one (jetstream.md, fact 8). */
const GONE_CODES: ReadonlySet<number> = new Set([10037, 10043])

/** "EOF" for a place that never was, else the text of a disk that failed. */
const STORE_CODE = 10057

/** Whether a message that was asked for, or was to be deleted, is not there any more. */
export function isGone(error: unknown): boolean {
  const code = codeOf(error)
  return GONE_CODES.has(code) || (code === STORE_CODE && /\beof\b/i.test(messageOf(error)))
}

/** Of an answer of the JetStream API; 0 for anything else. */
export function codeOf(error: unknown): number {
  const code: unknown = typeof error === 'object' && error !== null && 'code' in error ? error.code : 0
  return typeof code === 'number' ? code : 0
}
