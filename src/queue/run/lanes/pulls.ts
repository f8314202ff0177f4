import type { Lane } from './lane.ts'

/** Pulls under way: which lane asked, and how many messages may come still, of all lanes together. */
export class Pulls {
  readonly #byToken = new Map<string, Lane>()
  #count = 0
  #asked = 0

  get asked(): number {
    return this.#asked
  }

  /** Answers the token. */
  begin(lane: Lane, batch: number): string {
    this.#count += 1
    lane.pull = String(this.#count)
    lane.asked = batch
    lane.hasNews = false
    this.#asked += batch
    this.#byToken.set(lane.pull, lane)
    return lane.pull
  }

  /** One of its messages came. */
  arrived(lane: Lane): void {
    lane.asked -= 1
    this.#asked -= 1
    if (lane.asked === 0) this.#forget(lane)
  }

  /** Nothing more comes of it. Undefined: it was over before. */
  end(token: string): Lane | undefined {
    const lane = this.#byToken.get(token)
    if (lane !== undefined) this.#forget(lane)
    return lane
  }

  /** The connection is new. */
  clear(): void {
    for (const lane of this.#byToken.values()) this.#forget(lane)
  }

  #forget(lane: Lane): void {
    this.#byToken.delete(lane.pull)
    this.#asked -= lane.asked
    lane.asked = 0
    lane.pull = ''
  }
}
