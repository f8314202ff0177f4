interface Entry {
  readonly atMs: number
  readonly replicas: number
}

/**
 * The largest recommendation of the last minutes: a queue in which the counts fall, since one that a later
 * and larger one follows can never be the largest again.
 */
export class RecommendationWindow {
  #entries: Entry[] = []

  add(nowMs: number, replicas: number): void {
    while ((this.#entries.at(-1)?.replicas ?? Infinity) <= replicas) this.#entries.pop()
    this.#entries.push({ atMs: nowMs, replicas })
  }

  /** The largest within `windowMs`; 0 without any. What is older is forgotten. */
  largest(nowMs: number, windowMs: number): number {
    const first = this.#entries.findIndex(({ atMs }) => nowMs - atMs <= windowMs)
    this.#entries = first < 0 ? [] : this.#entries.slice(first)
    return this.#entries[0]?.replicas ?? 0
  }
}
