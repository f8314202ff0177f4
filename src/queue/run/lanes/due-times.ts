/** Moments nearer together than this are one. */
const GRAIN_MS = 50

/**
 * The moments at which something falls due, the earliest first, however many fall on one: a heap without
 * repeats.
 */
export class DueTimes {
  readonly #heap: number[] = []
  readonly #known = new Set<number>()

  /** Milliseconds since the epoch; rounded up. */
  add(atMs: number): void {
    const grain = Math.ceil(atMs / GRAIN_MS)
    if (this.#known.has(grain)) return
    this.#known.add(grain)
    this.#heap.push(grain)
    this.#rise(this.#heap.length - 1)
  }

  /** Null: there is none. */
  get next(): number | null {
    const first = this.#heap[0]
    return first === undefined ? null : first * GRAIN_MS
  }

  /** Takes those away that are past; true when there were any. */
  pass(nowMs: number): boolean {
    let any = false
    for (let at = this.next; at !== null && at <= nowMs; at = this.next) {
      this.#removeFirst()
      any = true
    }
    return any
  }

  clear(): void {
    this.#heap.length = 0
    this.#known.clear()
  }

  #removeFirst(): void {
    const [first] = this.#heap
    const last = this.#heap.pop()
    if (first === undefined || last === undefined) return
    this.#known.delete(first)
    if (this.#heap.length === 0) return
    this.#heap[0] = last
    this.#sink()
  }

  #rise(from: number): void {
    for (let at = from; at > 0;) {
      const parent = (at - 1) >> 1
      if (this.#at(parent) <= this.#at(at)) return
      this.#swap(at, parent)
      at = parent
    }
  }

  #sink(): void {
    for (let at = 0; ;) {
      const [left, right] = [2 * at + 1, 2 * at + 2]
      const least = this.#at(right) < this.#at(left) ? right : left
      if (this.#at(least) >= this.#at(at)) return
      this.#swap(at, least)
      at = least
    }
  }

  #at(index: number): number {
    return this.#heap[index] ?? Infinity
  }

  #swap(one: number, other: number): void {
    const kept = this.#at(one)
    this.#heap[one] = this.#at(other)
    this.#heap[other] = kept
  }
}
