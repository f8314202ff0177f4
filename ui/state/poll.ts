/** What a poll needs of the browser, so that a test can be the browser. */
export interface PollPorts {
  /** Rejects when there was no answer. */
  readonly ask: () => Promise<void>
  readonly isHidden: () => boolean
  /** True when there was no input for minutes. */
  readonly isIdle: () => boolean
  /** Returns what cancels it. */
  readonly after: (ms: number, then: () => void) => () => void
  /** With the number of polls that failed in a row; 0 after one that did not. */
  readonly onOutcome: (failures: number) => void
}

const EVERY_MS = 2000
const IDLE_MS = 5000
const AFTER_FAILURE_MS = [2000, 4000, 8000, 15_000] as const

/** Asks again and again: not while hidden, seldom while idle or in vain, at once after `now`. One at a time. */
export class Poll {
  readonly #ports: PollPorts
  #failures = 0
  #cancel: (() => void) | undefined
  #isAsking = false
  #isAgain = false
  #isOn = false

  constructor(ports: PollPorts) {
    this.#ports = ports
  }

  start(): void {
    this.#isOn = true
    this.now()
  }

  stop(): void {
    this.#isOn = false
    this.#cancel?.()
    this.#cancel = undefined
  }

  /** Something happened that makes an answer likely to be another, or likely at all. */
  now(): void {
    this.#cancel?.()
    this.#cancel = undefined
    if (!this.#isOn || this.#ports.isHidden()) return
    if (this.#isAsking) this.#isAgain = true
    else void this.#ask()
  }

  async #ask(): Promise<void> {
    this.#isAsking = true
    this.#isAgain = false
    try {
      await this.#ports.ask()
      this.#failures = 0
    } catch {
      this.#failures += 1
    }
    this.#isAsking = false
    if (!this.#isOn) return
    this.#ports.onOutcome(this.#failures)
    if (this.#isAgain) this.now()
    else if (!this.#ports.isHidden()) this.#cancel = this.#ports.after(this.#delay(), () => this.now())
  }

  #delay(): number {
    if (this.#failures > 0)
      return AFTER_FAILURE_MS[Math.min(this.#failures, AFTER_FAILURE_MS.length) - 1] ?? EVERY_MS
    return this.#ports.isIdle() ? IDLE_MS : EVERY_MS
  }
}
