/**
 * How long there was no progress, measured by checks from time to time: noting progress does not read the
 * clock.
 */
export class Stillness {
  #moves = 0
  #seen = 0
  #sinceMs: number

  constructor(nowMs: number) {
    this.#sinceMs = nowMs
  }

  /** There was progress. */
  move(): void {
    this.#moves += 1
  }

  /** Milliseconds since the first check after the last progress. */
  ms(nowMs: number): number {
    if (this.#moves !== this.#seen) {
      this.#seen = this.#moves
      this.#sinceMs = nowMs
    }
    return nowMs - this.#sinceMs
  }
}
