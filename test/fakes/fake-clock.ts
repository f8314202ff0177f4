import type { Clock } from '../../src/clock.ts'

interface Alarm {
  readonly atMs: number
  readonly ring: () => void
}

/** Time that stands still until a test moves it. */
export class FakeClock implements Clock {
  #nowMs: number
  readonly #alarms = new Set<Alarm>()

  constructor(nowMs = 1_700_000_000_000) {
    this.#nowMs = nowMs
  }

  now(): number {
    return this.#nowMs
  }

  wall(): number {
    return this.#nowMs
  }

  after(ms: number, action: () => void): () => void {
    const alarm: Alarm = { atMs: this.#nowMs + ms, ring: action }
    this.#alarms.add(alarm)
    return () => this.#alarms.delete(alarm)
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const cancel = this.after(ms, resolve)
      const leave = () => {
        cancel()
        reject(signal?.reason)
      }
      if (signal?.aborted) leave()
      else signal?.addEventListener('abort', leave, { once: true })
    })
  }

  timeout(ms: number): AbortSignal {
    const controller = new AbortController()
    this.after(ms, () => controller.abort(new DOMException('the time is over', 'TimeoutError')))
    return controller.signal
  }

  /** Alarms that have not rung. */
  get waiting(): number {
    return this.#alarms.size
  }

  /** Moves time on; what is due rings in order, and what waits for it runs before this resolves. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms
    await settle(5)
    for (;;) {
      const due = [...this.#alarms].filter(({ atMs }) => atMs <= endMs).toSorted((a, b) => a.atMs - b.atMs)[0]
      if (due === undefined) break
      this.#alarms.delete(due)
      this.#nowMs = Math.max(this.#nowMs, due.atMs)
      due.ring()
      // All that promises lead to is over within one turn. An hour of probes is some ten thousand alarms.
      await settle(1)
    }
    await settle(5)
    this.#nowMs = endMs
  }
}

/** Lets everything that can run without time passing run. */
async function settle(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}
