import type { Call } from '../core/call.ts'
import type { Forward } from './forward.ts'

/**
 * How long a function has neither answered nor taken more of the body. Begins with the first look at an
 * attempt, and again whenever the body moves or it is the caller who keeps us waiting: a slow upload is the
 * caller's affair.
 */
export class Silence {
  #forward: Forward | null = null
  #progress = 0
  #sinceMs = 0

  ms(forward: Forward, body: Call['body'], nowMs: number): number {
    const isCallersTurn = !forward.isSent && isEmptyStream(body)
    if (forward !== this.#forward || forward.progress !== this.#progress || isCallersTurn) {
      this.#forward = forward
      this.#progress = forward.progress
      this.#sinceMs = nowMs
    }
    return nowMs - this.#sinceMs
  }
}

/** Whether a streamed body has nothing for us at this moment. */
function isEmptyStream(body: Call['body']): boolean {
  return body !== null && 'readableLength' in body && body.readableLength === 0
}
