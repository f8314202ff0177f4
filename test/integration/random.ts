/** Repeatable randomness: the same seed gives the same inputs (mulberry32). */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed
  }

  /** A whole number from 0 to `below` - 1. */
  below(below: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }

  pick<T>(from: readonly [T, ...T[]]): T {
    return from[this.below(from.length)] ?? from[0]
  }

  /** Text of awkward characters. */
  text(longest: number): string {
    const awkward = 'aZ09-_./\\%{}[]"\'<>&=:;,\0\n\r\t\u00e9\u{1f600}\ud800 '
    return Array.from({ length: this.below(longest) }, () => awkward.charAt(this.below(awkward.length))).join(
      '',
    )
  }
}
