/** How long one call has waited for a replica, over several waits. */
export class WaitTime {
  /** Waits begun. */
  rounds = 0
  #pastMs = 0
  #sinceMs: number | null = null

  get isRunning(): boolean {
    return this.#sinceMs !== null
  }

  begin(nowMs: number): void {
    this.rounds += 1
    this.#sinceMs = nowMs
  }

  end(nowMs: number): void {
    this.#pastMs = this.ms(nowMs)
    this.#sinceMs = null
  }

  ms(nowMs: number): number {
    return this.#sinceMs === null ? this.#pastMs : this.#pastMs + nowMs - this.#sinceMs
  }
}
