import { setTimeout as sleep } from 'node:timers/promises'

/** Looks often at first, as most things come soon, and then no more often than is needed. */
const SHORTEST_PAUSE_MS = 1
const LONGEST_PAUSE_MS = 20

/**
 * Resolves once `claim` answers true; one that throws counts as false. After `limitMs` it rejects with `what`, a sentence (else the
 * text of the claim itself), and carries the last failure.
 */
export async function eventually(
  claim: () => boolean | Promise<boolean>,
  limitMs = 10_000,
  what: string = claim.toString(),
): Promise<void> {
  const endMs = performance.now() + limitMs
  let pauseMs = SHORTEST_PAUSE_MS
  let cause: unknown
  while (performance.now() < endMs) {
    try {
      if (await claim()) return
    } catch (error) {
      cause = error
    }
    await sleep(pauseMs)
    pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)
  }
  throw new Error(`not true within ${limitMs} ms: ${what}`, { cause })
}
