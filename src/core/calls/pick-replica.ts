/** What the choice looks at. */
export interface Candidate {
  readonly inFlight: number
}

/**
 * The least busy candidate. Among equals the first one from index `start` on, wrapping around: with a counter
 * as `start` calls are spread. Undefined when there is none. Runs on every call: no allocation.
 */
export function pickReplica<T extends Candidate>(candidates: readonly T[], start: number): T | undefined {
  const count = candidates.length
  if (count <= 1) return candidates[0]

  let best: T | undefined
  for (let step = 0; step < count; step += 1) {
    const candidate = candidates[(start + step) % count]
    if (candidate === undefined) continue
    if (best === undefined || candidate.inFlight < best.inFlight) best = candidate
    if (best.inFlight === 0) break
  }
  return best
}
