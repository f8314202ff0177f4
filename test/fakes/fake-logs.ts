import type { FunctionName } from '../../src/core/functions/function-name.ts'
import type { LogLine, LogQuery } from '../../src/core/provider/log-line.ts'
import type { LogReading } from '../../src/gateway/api/logs/log-routes.ts'
import { deferred, type Deferred } from '../../src/clock.ts'

/** Logs of functions that say what a test has them say. */
export class FakeLogs implements LogReading {
  /** Readers that have not ended. */
  readers = 0
  readonly #lines: { readonly fn: FunctionName; readonly line: LogLine }[] = []
  #more: Deferred<void> = deferred()

  add(fn: FunctionName, line: LogLine): void {
    this.#lines.push({ fn, line })
    this.#more.resolve()
    this.#more = deferred()
  }

  async *read(query: LogQuery, signal: AbortSignal): AsyncIterable<readonly LogLine[]> {
    const left = deferred<void>()
    const leave = () => left.resolve()
    signal.addEventListener('abort', leave)
    this.readers += 1
    try {
      let seen = this.#lines.length
      const old = this.#wanted(query, 0)
      yield old.slice(query.tail === undefined ? 0 : Math.max(0, old.length - query.tail))
      while (query.follow && !signal.aborted) {
        const fresh = this.#wanted(query, seen)
        seen = this.#lines.length
        const more = this.#more.promise
        yield fresh
        if (seen === this.#lines.length) await Promise.race([more, left.promise])
      }
    } finally {
      this.readers -= 1
      signal.removeEventListener('abort', leave)
    }
  }

  #wanted({ fn, instance = '', sinceMs = 0 }: LogQuery, from: number): readonly LogLine[] {
    return this.#lines.slice(from).flatMap((entry) => {
      const { line } = entry
      const isWanted = line.instance.startsWith(instance) && Date.parse(line.timestamp) >= sinceMs
      return entry.fn === fn && isWanted ? [line] : []
    })
  }
}
