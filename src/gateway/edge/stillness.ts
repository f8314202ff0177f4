/**
 * How long nothing has moved, as far as somebody looks from time to time: it costs a move no look at the
 * clock.
 */
export class Stillness {
  #moves = 0
  #seen = 0
  #sinceMs: number

  constructor(nowMs: number) {
    this.#sinceMs = nowMs
  }

  /** Something moved. */
  move(): void {
    this.#moves += 1
  }

  /** Milliseconds since the first look after the last move. */
  ms(nowMs: number): number {
    if (this.#moves !== this.#seen) {
      this.#seen = this.#moves
      this.#sinceMs = nowMs
    }
    return nowMs - this.#sinceMs
  }
}
