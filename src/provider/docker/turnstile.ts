import { deferred, type Clock } from '../../clock.ts'

/** Lets many readers through a few at a time with a pause between, so that a crowd of them does not hold up everything else. */
export class Turnstile {
  readonly #clock: Clock
  readonly #atATime: number
  readonly #pauseMs: number
  #queue: (() => void)[] = []
  #passed = 0
  #isPausing = false

  constructor(options: { readonly clock: Clock; readonly atATime: number; readonly pauseMs: number }) {
    this.#clock = options.clock
    this.#atATime = options.atATime
    this.#pauseMs = options.pauseMs
  }

  /** Resolves when it is the caller's turn, or when `signal` aborts. At once while there is no crowd. */
  async pass(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return
    if (this.#passed >= this.#atATime) {
      const turn = deferred<void>()
      const leave = () => turn.resolve()
      this.#queue.push(leave)
      signal.addEventListener('abort', leave, { once: true })
      await turn.promise
      signal.removeEventListener('abort', leave)
      return
    }
    this.#passed += 1
    this.#pause()
  }

  #pause(): void {
    if (this.#isPausing) return
    this.#isPausing = true
    this.#clock.after(this.#pauseMs, () => {
      this.#isPausing = false
      const next = this.#queue.splice(0, this.#atATime)
      this.#passed = next.length
      for (const turn of next) turn()
      if (next.length > 0) this.#pause()
    })
  }
}
