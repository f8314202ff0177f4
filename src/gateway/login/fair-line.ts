/** A bounded queue that serves its clients in turn, so that no client gets more by asking more often. */
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
   * Adds `item`. Returns the item that gets no place, or null. When the queue is full that is the last item
   * of the client with most places, possibly `item` itself.
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
    // Evict only if the largest client holds at least two places more; otherwise the swap would just reverse
    // the unfairness.
    if (items.length <= own.length + 1) return item
    const out = items.at(-1)
    if (out !== undefined) this.remove(longest, out)
    return this.add(client, item) ?? out ?? null
  }

  /** The next item in turn; undefined when nobody waits. */
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
