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

/**
 * The pause before the next probe, by the time since the first one. A refused connection costs a tenth of a
 * millisecond, and a call may be waiting.
 */
const PAUSES = [
  { beforeMs: 100, pauseMs: 5 },
  { beforeMs: 500, pauseMs: 20 },
  { beforeMs: 2_000, pauseMs: 50 },
] as const
const LATER_PAUSE_MS = 250
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
  let successes = 0
  for (;;) {
    const target = next()
    if (target === null || signal.aborted) return 'ended'
    const isGood = await ask(target, signal)
    const now = next()
    if (now === null || signal.aborted) return 'ended'
    successes = isGood && now.host === target.host ? successes + 1 : 0
    if (successes >= target.probe.successes) return 'ready'
    const sinceMs = clock.now() - startMs
    if (successes === 0 && isOverdue(sinceMs)) return 'overdue'
    const pauseMs = successes > 0 ? target.probe.periodMs : pauseAfter(sinceMs)
    if (!(await pause(pauseMs, probing))) return 'ended'
  }
}

/** For a replica that was not ready `sinceMs` after its first probe. Pure. */
export function pauseAfter(sinceMs: number): number {
  return PAUSES.find(({ beforeMs }) => sinceMs < beforeMs)?.pauseMs ?? LATER_PAUSE_MS
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
