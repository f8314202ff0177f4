import { setTimeout as sleepFor } from 'node:timers/promises'

/**
 * Time as a dependency. Nothing else in `src/` reads the clock or sets a timer, so that tests can move time
 * by hand.
 */
export interface Clock {
  /**
   * Steady time in milliseconds, with a fraction, for durations and limits. It starts near the time of day,
   * and a correction of the machine's clock does not move it (a Raspberry Pi has no clock until the network
   * is up).
   */
  now(): number
  /** The time of day: milliseconds since the epoch, with a fraction, corrections included. */
  wall(): number
  /** Resolves after `ms`; rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** Aborts after `ms`. Does not keep the process alive. */
  timeout(ms: number): AbortSignal
  /** Runs `action` once after `ms` unless the answer is called first. Does not keep the process alive. */
  after(ms: number, action: () => void): () => void
}

/** A difference above this means that the time of day was corrected, not merely read a little later. */
const CORRECTION_MS = 20

/** The machine's own time. */
export const systemClock: Clock = makeSystemClock()

function makeSystemClock(): Clock {
  // Offset from the steady clock to wall-clock time.
  let correctionMs = 0
  const now = (): number => performance.timeOrigin + performance.now()
  return {
    now,
    wall: () => {
      const steadyMs = now()
      const lackMs = Date.now() - steadyMs
      if (Math.abs(lackMs - correctionMs) > CORRECTION_MS) correctionMs = lackMs
      return steadyMs + correctionMs
    },
    sleep: async (ms, signal) => {
      // Node rejects with an error of its own that has the reason as its cause.
      await sleepFor(ms, undefined, signal ? { signal } : {}).catch(() => signal?.throwIfAborted())
    },
    timeout: (ms) => AbortSignal.timeout(ms),
    after: (ms, action) => {
      const timer = setTimeout(action, ms)
      timer.unref()
      return () => clearTimeout(timer)
    },
  }
}

/** A promise with its two ends. Node 20 has no `Promise.withResolvers`. */
export interface Deferred<T> {
  readonly promise: Promise<T>
  resolve(value: T): void
  reject(reason: unknown): void
}

export function deferred<T>(): Deferred<T> {
  let resolve!: (value: T) => void
  let reject!: (reason: unknown) => void
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve
    reject = onReject
  })
  return { promise, resolve, reject }
}

/** Resolves when `signal` aborts; at once when it already has. */
export function whenAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}

/** What `every` needs beside the work itself. */
export interface RoundOptions {
  readonly clock: Clock
  readonly intervalMs: number
  readonly signal: AbortSignal
  /** Told of a round that failed; the next one runs all the same. */
  readonly onError: (error: unknown) => void
}

/**
 * Runs `round` again and again, one at a time, `intervalMs` between end and start, until `signal` aborts.
 * Never rejects.
 */
export async function every(options: RoundOptions, round: () => Promise<void> | void): Promise<void> {
  const { clock, intervalMs, signal, onError } = options
  while (!signal.aborted) {
    try {
      await clock.sleep(intervalMs, signal)
      await round()
    } catch (error) {
      if (!signal.aborted) onError(error)
    }
  }
}
