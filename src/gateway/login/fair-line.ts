/**
 * A waiting line that serves its clients in turn, so that nobody gets more of it by asking more often.
 * Bounded.
 */
export class FairLine<T> {
  readonly #most: number
  /** By client, in the order of their turns; none is empty. */
  readonly #waiting = new Map<string, T[]>()
  #size = 0

  constructor(most: number) {
    this.#most = most
  }

  get size(): number {
    return this.#size
  }

  /**
   * Takes `item` in. Answers who gets no place: with a full line the last of the client with most places,
   * which may be `item` itself.
   */
  add(client: string, item: T): T | null {
    const own = this.#waiting.get(client) ?? []
    if (this.#size < this.#most) {
      this.#waiting.set(client, own)
      own.push(item)
      this.#size += 1
      return null
    }
    const [longest, items] = this.#longest()
    // Who has no more than one place less gains nothing that the other would not lose.
    if (items.length <= own.length + 1) return item
    const out = items.at(-1)
    if (out !== undefined) this.remove(longest, out)
    return this.add(client, item) ?? out ?? null
  }

  /** Whoever's turn it is; undefined when nobody waits. */
  next(): T | undefined {
    const [client] = this.#waiting.keys()
    if (client === undefined) return undefined
    const items = this.#waiting.get(client) ?? []
    const item = items.shift()
    this.#size -= 1
    this.#waiting.delete(client)
    if (items.length > 0) this.#waiting.set(client, items)
    return item
  }

  /** `item` gives up its place, if it has one. */
  remove(client: string, item: T): void {
    const items = this.#waiting.get(client) ?? []
    const at = items.indexOf(item)
    if (at < 0) return
    items.splice(at, 1)
    this.#size -= 1
    if (items.length === 0) this.#waiting.delete(client)
  }

  #longest(): readonly [string, readonly T[]] {
    let longest: readonly [string, readonly T[]] = ['', []]
    for (const entry of this.#waiting) if (entry[1].length > longest[1].length) longest = entry
    return longest
  }
}
