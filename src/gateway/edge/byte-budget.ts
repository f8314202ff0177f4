/** Bytes that many clients hold together. */
export class ByteBudget {
  /** Above this nothing new is taken. */
  readonly most: number
  #used = 0

  constructor(most: number) {
    this.most = most
  }

  get used(): number {
    return this.#used
  }

  get isFull(): boolean {
    return this.#used >= this.most
  }

  add(bytes: number): void {
    this.#used += bytes
  }
}
