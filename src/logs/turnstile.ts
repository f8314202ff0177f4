import type { Clock } from '../clock.ts'

/**
 * Lets many readers through a few at a time with a pause between, so that a crowd of them does not hold up
 * everything else.
 */
export class Turnstile {
  readonly #clock: Clock
  readonly #atATime: number
  readonly #pauseMs: number
  readonly #queue: (() => void)[] = []
  #passed = 0
  #isPausing = false

  constructor(options: { readonly clock: Clock; readonly atATime: number; readonly pauseMs: number }) {
    this.#clock = options.clock
    this.#atATime = options.atATime
    this.#pauseMs = options.pauseMs
  }

  /** Calls `turn` when it is its turn: at once while there is no crowd. */
  admit(turn: () => void): void {
    if (this.#passed >= this.#atATime) {
      this.#queue.push(turn)
      return
    }
    this.#passed += 1
    this.#pause()
    turn()
  }

  #pause(): void {
    if (this.#isPausing) return
    this.#isPausing = true
    this.#clock.after(this.#pauseMs, () => {
      this.#isPausing = false
      const next = this.#queue.splice(0, this.#atATime)
      this.#passed = next.length
      if (next.length > 0) this.#pause()
      for (const turn of next) turn()
    })
  }
}
