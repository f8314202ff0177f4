import { Refusal } from './intake/refusal.ts'
import type { Stage } from './intake/request-intake.ts'

/** The phase of a connection; `client-connection.ts` has a diagram. */
export type Phase = 'waiting' | 'busy' | 'closing' | 'tunnel' | 'closed'

/** Limits of silence, milliseconds; 0: none. */
export interface TimeLimits {
  /**
   * From the connect, or the first byte of a later request, to the end of its head. This limits the whole
   * time, not silence.
   */
  readonly headMs: number
  /** Without a byte in the middle of a request body. */
  readonly bodyMs: number
  /**
   * Without a byte of the answer after the client has closed its side, when it cannot be checked whether the
   * client is still there.
   */
  readonly halfClosedMs: number
}

/** The facts that a limit depends on. */
export interface Situation {
  readonly phase: Phase
  /** No request came yet. */
  readonly isFresh: boolean
  /** Which part of a request comes next. */
  readonly stage: Stage
  /** The answer is complete. */
  readonly isAnswered: boolean
  readonly isHalfClosed: boolean
  /** Bytes are waiting for the client to read. */
  readonly isWriting: boolean
}

/**
 * Idle connections are kept this long: Go clients reuse one for up to 90 s, and a POST on one that we just
 * closed fails (http-api 18.4).
 */
export const KEEP_ALIVE_MS = 120_000

/**
 * Longest time for reading the rest of an unwanted body, so that the client sees the answer before the
 * connection closes.
 */
const UNWANTED_BODY_MS = 5_000

/**
 * Longest time between ending our side and closing the connection. Closing with unread bytes causes a reset,
 * and the client may lose the answer.
 */
const LINGER_MS = 500

/**
 * A client that has ended its side is asked at the first check after this long without progress. It is half
 * the time between checks, because a timer may fire early.
 */
export const ASK_AFTER_MS = 500

/** How long bytes may wait for a client that does not read, while it has no running request. */
const SLOW_READER_MS = 60_000

/**
 * How long a situation may last without progress, in milliseconds. 0: no limit here; another part may have
 * one. Pure.
 */
export function limitOf(situation: Situation, times: TimeLimits): number {
  switch (situation.phase) {
    case 'waiting':
      return situation.isFresh || situation.stage === 'head' ? times.headMs : KEEP_ALIVE_MS
    case 'busy':
      if (situation.stage === 'body') return situation.isAnswered ? UNWANTED_BODY_MS : times.bodyMs
      return situation.isHalfClosed ? times.halfClosedMs : 0
    case 'closing':
      return situation.isWriting ? SLOW_READER_MS : LINGER_MS
    case 'tunnel':
    case 'closed':
      return 0
  }
}

/** How to end a connection whose time is over: tell the client, end our side, or just close. Pure. */
export function endOf(situation: Situation, limitMs: number): Refusal | 'finish' | 'close' {
  const { phase, isFresh, stage, isHalfClosed, isAnswered } = situation
  const seconds = limitMs / 1_000
  if (phase === 'waiting' && (isFresh || stage === 'head')) {
    return new Refusal(
      408,
      `the request head did not arrive within ${seconds} s, a fixed limit of the gateway`,
    )
  }
  if (phase !== 'busy' || isHalfClosed) return 'close'
  if (isAnswered) return 'finish'
  return new Refusal(
    408,
    `nothing of the request body reached the gateway for ${seconds} s (SAMPAN_READ_TIMEOUT)`,
  )
}
