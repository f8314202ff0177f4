import type { Call } from '../core/calls/call.ts'
import type { CallPolicy, TimeLimit } from '../core/calls/call-policy.ts'
import type { Forward } from './forward.ts'
import { Silence } from './silence.ts'
import { WaitTime } from './waiting/wait-time.ts'

/** A limit that a call has run into. */
export interface Overdue {
  readonly limit: TimeLimit
  /** Completes "the gateway waited for the function to …"; null when it waited for a replica. */
  readonly what: string | null
}

/** How far a call has come. */
export interface Progress {
  readonly body: Call['body']
  /** Null while there is no attempt. */
  readonly forward: Forward | null
  readonly isAnswered: boolean
}

/**
 * The time that one call takes: waiting for a replica, sending, being answered. Most calls end before the
 * first check.
 */
export class CallTime {
  readonly #startedMs: number
  /** Start of the time for the whole answer: the start of the call, or the last progress of its upload. */
  #answerFromMs: number
  #wait: WaitTime | null = null
  #silence: Silence | null = null
  #isQueued = false

  constructor(nowMs: number) {
    this.#startedMs = nowMs
    this.#answerFromMs = nowMs
  }

  get isWaiting(): boolean {
    return this.#wait?.isRunning === true
  }

  /** Whether it waits for a replica with room, and not for one at all. */
  get isQueued(): boolean {
    return this.#isQueued
  }

  /** `isQueued`: for a replica with room. */
  beginWait(nowMs: number, isQueued = false): void {
    this.#isQueued = isQueued
    this.#wait ??= new WaitTime()
    this.#wait.begin(nowMs)
  }

  endWait(nowMs: number): void {
    this.#isQueued = false
    this.#wait?.end(nowMs)
  }

  waitedMs(nowMs: number): number {
    return this.#wait === null ? 0 : this.#wait.ms(nowMs)
  }

  /** Without the time that it waited. */
  tookMs(nowMs: number): number {
    return nowMs - this.#startedMs - this.waitedMs(nowMs)
  }

  /** Must be called now and then: progress is noticed only when it is called. */
  overdue(nowMs: number, progress: Progress, { upstream, write, wake }: CallPolicy): Overdue | null {
    const silentMs = this.#silenceMs(nowMs, progress)
    if (write.ms > 0 && nowMs - this.#answerFromMs >= write.ms)
      return { limit: write, what: this.isWaiting ? null : dueOf(progress, 'complete its answer') }
    // The first round ends by itself, and so does the wait for a place.
    if (this.isWaiting)
      return this.#hasRejoined && !this.#isQueued && this.waitedMs(nowMs) >= wake.ms
        ? { limit: wake, what: null }
        : null
    if (upstream.ms === 0 || progress.isAnswered || silentMs < upstream.ms) return null
    return { limit: upstream, what: dueOf(progress, 'begin its answer') }
  }

  get #hasRejoined(): boolean {
    return this.#wait !== null && this.#wait.rounds > 1
  }

  #silenceMs(nowMs: number, { forward, body }: Progress): number {
    if (forward === null) return 0
    this.#silence ??= new Silence()
    const ms = this.#silence.ms(forward, body, nowMs)
    // An upload that makes progress does not use up the time for the answer.
    if (isUploading(forward, body)) this.#answerFromMs = nowMs - ms
    return ms
  }
}

function isUploading(forward: Forward, body: Call['body']): boolean {
  return !forward.isSent && body !== null && !(body instanceof Uint8Array)
}

function dueOf({ forward, body }: Progress, answer: string): string {
  return forward !== null && isUploading(forward, body) ? 'take more of the request body' : answer
}
