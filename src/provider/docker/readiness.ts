import http from 'node:http'
import type { Clock } from '../../clock.ts'
import type { Probe } from './docker-labels.ts'
import { isReadyStatus } from './probe-plan.ts'

export interface ProbeTarget {
  readonly host: string
  readonly port: number
  readonly probe: Probe
}

/** A probe that hangs says "not yet". */
const PROBE_TIMEOUT_MS = 2_000
const FIRST_PAUSE_MS = 5
const LONGEST_PAUSE_MS = 250
const GROWTH = 1.25

/**
 * Probes until the replica is ready, or overdue: not ready within its patience. Quick at first, because a watchdog listens within milliseconds
 * of its start and a call may be waiting. `next` says what to probe now; null, or an abort, ends it.
 */
export async function untilReady(
  next: () => ProbeTarget | null,
  clock: Clock,
  signal: AbortSignal,
): Promise<'ready' | 'overdue' | 'ended'> {
  const startMs = clock.now()
  let pauseMs = FIRST_PAUSE_MS
  let successes = 0
  // Rejects only when `signal` aborts, which is looked at below.
  const delayMs = next()?.probe.timing?.delayMs ?? 0
  if (delayMs > 0) await clock.sleep(delayMs, signal).catch(() => {})
  for (;;) {
    const target = next()
    if (target === null || signal.aborted) return 'ended'
    const passed = await isReady(target, clock, signal)
    // The replica may have died, moved or been told to go meanwhile: the answer is then about the past.
    const now = next()
    if (now === null || signal.aborted) return 'ended'
    const { patienceMs, timing } = target.probe
    successes = passed && now.host === target.host ? successes + 1 : 0
    if (successes >= (timing?.successes ?? 1)) return 'ready'
    if (clock.now() - startMs >= patienceMs + delayMs) return 'overdue'
    // Whatever period is annotated: it is a second at least, and a call may be waiting for this start.
    await clock.sleep(pauseMs, signal).catch(() => {})
    pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * GROWTH)
  }
}

/** One probe. Never throws: whatever goes wrong means "not ready". */
export function isReady(target: ProbeTarget, clock: Clock, signal: AbortSignal): Promise<boolean> {
  // Without an address Node would ask this very host, where our own gateway answers.
  if (target.host === '') return Promise.resolve(false)
  return new Promise((resolve) => {
    const request = http.get(
      {
        host: target.host,
        port: target.port,
        path: target.probe.path,
        // A connection of its own: the replica is not trusted to leave a kept one in order.
        agent: false,
        headers: { 'User-Agent': 'kube-probe/sampan', Connection: 'close' },
        insecureHTTPParser: false,
      },
      (response) => {
        settle(isReadyStatus(target.probe.accept, response.statusCode ?? 0))
      },
    )
    const settle = (ready: boolean) => {
      cancelTimeout()
      signal.removeEventListener('abort', giveUp)
      request.destroy()
      resolve(ready)
    }
    const giveUp = () => settle(false)
    const cancelTimeout = clock.after(target.probe.timing?.timeoutMs ?? PROBE_TIMEOUT_MS, giveUp)
    signal.addEventListener('abort', giveUp, { once: true })
    request.on('error', giveUp)
  })
}
