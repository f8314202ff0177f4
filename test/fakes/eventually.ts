import { setTimeout as sleep } from 'node:timers/promises'

/** Waits until `claim` is true; fails after `limitMs` with what was claimed. */
export async function eventually(claim: () => boolean | Promise<boolean>, limitMs = 10_000): Promise<void> {
  const endMs = performance.now() + limitMs
  while (!(await claim())) {
    if (performance.now() > endMs) throw new Error(`not true within ${limitMs} ms: ${claim.toString()}`)
    await sleep(5)
  }
}
