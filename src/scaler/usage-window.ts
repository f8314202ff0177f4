import type { Usage } from '../core/provider/provider.ts'

/** How often usage is measured, and how much is remembered. */
export const USAGE_INTERVAL_MS = 10_000
const MEAN_SAMPLES = 3
const MOST_SAMPLES = 6

/** What the replicas of one function used in the last minute. */
export class UsageWindow {
  readonly #samples: Usage[] = []

  add(usage: Usage): void {
    this.#samples.push(usage)
    if (this.#samples.length > MOST_SAMPLES) this.#samples.shift()
  }

  get isEmpty(): boolean {
    return this.#samples.length === 0
  }

  /** Mean of half a minute, of a figure that `of` takes. */
  mean(of: (usage: Usage) => number): number {
    const recent = this.#samples.slice(-MEAN_SAMPLES).map(of)
    return recent.length === 0 ? 0 : recent.reduce((sum, value) => sum + value, 0) / recent.length
  }

  /** The most within the minute. */
  max(of: (usage: Usage) => number): number {
    return Math.max(0, ...this.#samples.map(of))
  }
}
