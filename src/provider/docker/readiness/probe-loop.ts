import type { Clock } from '../../../clock.ts'
import type { ProbeTarget } from './probe-request.ts'

export interface Probing {
  /**
   * What to probe now; null ends the loop. Called again after each answer, because the replica may have been
   * removed or moved meanwhile.
   */
  readonly next: () => ProbeTarget | null
  /** Probes once; resolves with whether the answer was good. Never rejects. */
  readonly ask: (target: ProbeTarget, signal: AbortSignal) => Promise<boolean>
  readonly clock: Clock
  /** Ends it. */
  readonly signal: AbortSignal
}

const FIRST_PAUSE_MS = 5
const LONGEST_PAUSE_MS = 250
const GROWTH = 1.25
/** How often a long wait checks whether it is still needed. */
const LONGEST_SLEEP_MS = 10_000

export interface Start {
  /** Milliseconds before the first question. */
  readonly delayMs: number
  /** Whether a replica that still answers badly `ms` after the first probe has used up its time. */
  readonly isOverdue: (ms: number) => boolean
}

/**
 * Probes until the replica is ready or overdue. At first in short intervals, because a watchdog listens
 * within milliseconds and a call may be waiting. The period applies later, as in Kubernetes, which also
 * probes a container that is not ready at other times (documentation of `periodSeconds`). If one good answer
 * is not enough, the further ones are asked for once a period.
 */
export async function untilReady(
  probing: Probing,
  { delayMs, isOverdue }: Start,
): Promise<'ready' | 'overdue' | 'ended'> {
  const { next, ask, clock, signal } = probing
  if (!(await pause(delayMs, probing))) return 'ended'
  const startMs = clock.now()
  let pauseMs = FIRST_PAUSE_MS
  let successes = 0
  for (;;) {
    const target = next()
    if (target === null || signal.aborted) return 'ended'
    const isGood = await ask(target, signal)
    const now = next()
    if (now === null || signal.aborted) return 'ended'
    successes = isGood && now.host === target.host ? successes + 1 : 0
    if (successes >= target.probe.successes) return 'ready'
    if (successes === 0 && isOverdue(clock.now() - startMs)) return 'overdue'
    if (!(await pause(successes > 0 ? target.probe.periodMs : pauseMs, probing))) return 'ended'
    pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * GROWTH)
  }
}

/** Probes once a period, first after `firstMs`, until the set number of answers in a row was bad. */
export async function untilFailed(probing: Probing, firstMs: number): Promise<'failed' | 'ended'> {
  const { next, ask, signal } = probing
  let failed = 0
  let pauseMs = firstMs
  for (;;) {
    if (!(await pause(pauseMs, probing))) return 'ended'
    const target = next()
    if (target === null || signal.aborted) return 'ended'
    failed = (await ask(target, signal)) ? 0 : failed + 1
    if (next() === null || signal.aborted) return 'ended'
    if (failed >= target.probe.failures) return 'failed'
    pauseMs = target.probe.periodMs
  }
}

/** Waits; false when there is nothing to probe any more, so that a long wait does not outlive its replica. */
async function pause(ms: number, { next, clock, signal }: Probing): Promise<boolean> {
  for (let restMs = ms; restMs > 0; restMs -= LONGEST_SLEEP_MS) {
    // Rejects only when `signal` aborts, which is checked next.
    await clock.sleep(Math.min(restMs, LONGEST_SLEEP_MS), signal).catch(() => {})
    if (signal.aborted || next() === null) return false
  }
  return true
}
