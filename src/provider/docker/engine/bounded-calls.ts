import type { Clock } from '../../../clock.ts'
import { EngineAway, translateEngineError } from './errors.ts'

export interface CallBounds {
  /** Completes "Docker could not …". */
  readonly doing: string
  /** For a stream: until its headers are here. */
  readonly timeoutMs: number
  /** Bounds a stream for its whole life. */
  readonly signal?: AbortSignal
}

/** A stream ends later than the call that opened it. */
interface Closable {
  once(event: 'close', listener: () => void): unknown
}

/**
 * Bounds every call to the engine by its time limit, its caller's signal and our own end. Throws only
 * `FaasError`.
 */
export class BoundedCalls {
  readonly #clock: Clock
  readonly #underWay = new Set<AbortController>()
  #closed = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Ends all running calls; later ones fail. */
  close(): void {
    this.#closed = true
    for (const call of this.#underWay) call.abort()
  }

  async whole<T>(bounds: CallBounds, send: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const call = this.#open(bounds)
    try {
      return await this.#inTime(bounds, call, send)
    } finally {
      call.release()
    }
  }

  async stream<T extends Closable>(
    bounds: CallBounds,
    send: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const call = this.#open(bounds)
    try {
      const stream = await this.#inTime(bounds, call, send)
      stream.once('close', call.release)
      return stream
    } catch (error) {
      call.release()
      throw error
    }
  }

  #open({ signal }: CallBounds) {
    if (this.#closed || signal?.aborted) throw new EngineAway('the connection was closed')
    const controller = new AbortController()
    const abort = () => controller.abort()
    this.#underWay.add(controller)
    signal?.addEventListener('abort', abort, { once: true })
    const release = () => {
      this.#underWay.delete(controller)
      signal?.removeEventListener('abort', abort)
    }
    return { controller, release }
  }

  async #inTime<T>(
    { doing, timeoutMs }: CallBounds,
    { controller }: { readonly controller: AbortController },
    send: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    let isLate = false
    const cancel = this.#clock.after(timeoutMs, () => {
      isLate = true
      controller.abort()
    })
    try {
      return await send(controller.signal)
    } catch (error) {
      if (isLate) throw new EngineAway(`no answer within ${timeoutMs / 1_000} s`, error)
      throw translateEngineError(error, doing)
    } finally {
      cancel()
    }
  }
}
