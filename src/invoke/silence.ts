import type { Call } from '../core/calls/call.ts'
import type { Forward } from './forward.ts'

/**
 * Time without progress from the function: no answer begun, no body bytes accepted. Starts with the first
 * check of an attempt, and is reset when bytes move or when we wait for the caller.
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

/** Whether a streamed body has no bytes to read at this moment. */
function isEmptyStream(body: Call['body']): boolean {
  return body !== null && 'readableLength' in body && body.readableLength === 0
}
