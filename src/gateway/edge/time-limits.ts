import { Refusal } from './intake/refusal.ts'
import type { Stage } from './intake/request-intake.ts'

/** What a connection is at; `client-connection.ts` has the picture. */
export type Phase = 'waiting' | 'busy' | 'closing' | 'tunnel' | 'closed'

/** Limits of silence, milliseconds; 0: none. */
export interface TimeLimits {
  /**
   * From the connect, or the first byte of a later request, to the end of its head. Not of silence: of all of
   * it.
   */
  readonly headMs: number
  /** Without a byte in the middle of a request body. */
  readonly bodyMs: number
  /**
   * Without a byte of the answer after the client has closed its sending side, where it cannot be asked
   * whether it is still there.
   */
  readonly halfClosedMs: number
}

/** What a limit depends on. */
export interface Situation {
  readonly phase: Phase
  /** No request came yet. */
  readonly isFresh: boolean
  /** What of a request is due. */
  readonly stage: Stage
  /** The answer is complete. */
  readonly isAnswered: boolean
  readonly isHalfClosed: boolean
  /** Bytes of ours wait for the client. */
  readonly isWriting: boolean
}

/**
 * Idle connections are kept this long: Go clients use one again for up to 90 s, and a POST on one that we
 * just closed fails (http-api 18.4).
 */
export const KEEP_ALIVE_MS = 120_000

/**
 * Longest time in which the rest of a body that nobody wants is read, so that the client sees the answer
 * before the connection closes.
 */
const UNWANTED_BODY_MS = 5_000

/**
 * Longest time between our end of a connection and its close: a close with bytes unread is a reset, which can
 * take the answer away from the client.
 */
const LINGER_MS = 500

/**
 * A client that has ended its sending is asked at the first look after so long without a move. Half the time
 * between looks: a timer may come early.
 */
export const ASK_AFTER_MS = 500

/** How long bytes may wait for a client that does not read, when no request of it runs. */
const SLOW_READER_MS = 60_000

/** How long nothing may move in a situation, milliseconds; 0: for ever, or another part limits it. Pure. */
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

/**
 * What becomes of a connection whose time is over: the client is told, or we end our side, or it is just
 * closed. Pure.
 */
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
