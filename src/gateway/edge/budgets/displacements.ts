import type { Clock } from '../../../clock.ts'

const SECOND_MS = 1_000

/** How often each client network displaced one of its own connections in this second. */
export class Displacements {
  readonly #clock: Clock
  readonly #perNetwork = new Map<string, number>()
  #sinceMs = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  note(network: string): void {
    this.#perNetwork.set(network, this.of(network) + 1)
  }

  of(network: string): number {
    const nowMs = this.#clock.now()
    if (nowMs - this.#sinceMs >= SECOND_MS) {
      this.#sinceMs = nowMs
      this.#perNetwork.clear()
    }
    return this.#perNetwork.get(network) ?? 0
  }
}
