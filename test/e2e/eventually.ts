import { setTimeout as sleep } from 'node:timers/promises'

const PAUSE_MS = 20

/**
 * Resolves once `holds` answers true; a `holds` that throws counts as false. After `timeoutMs` it rejects with a sentence that
 * names what was waited for and carries the last failure.
 */
export async function eventually(
  what: string,
  timeoutMs: number,
  holds: () => Promise<boolean> | boolean,
): Promise<void> {
  const deadline = performance.now() + timeoutMs
  let cause: unknown
  while (performance.now() < deadline) {
    try {
      if (await holds()) return
    } catch (error) {
      cause = error
    }
    await sleep(PAUSE_MS)
  }
  throw new Error(`not within ${timeoutMs} ms: ${what}`, { cause })
}
