import { readTimestamp } from '../../core/provider/log-timestamp.ts'
import type { LogRecord } from './log-record.ts'

interface Last {
  /** Nanoseconds do not fit a number; texts of one form compare as times do. */
  readonly time: string
  /** Records of this very time. */
  readonly count: number
}

/**
 * Which records were shown, so that a connection after the first shows none of them again. Records of one replica
 * come in the order of their times; those of several do not, so each replica has its own last one.
 */
export class SeenRecords {
  readonly #last = new Map<string, Last>()
  /** What was shown before the connection that is read now, counted down as it comes again. */
  #before = new Map<string, Last>()
  #newest = ''

  /** Of the newest record; empty before the first one. */
  get newest(): string {
    return this.#newest
  }

  /** A new connection begins. */
  reconnected(): void {
    this.#before = new Map(this.#last)
  }

  /** False: it was shown. */
  isNew({ instance, timestamp }: LogRecord): boolean {
    const time = readTimestamp(timestamp)
    if (time === null) return true
    const before = this.#before.get(instance)
    if (before !== undefined && time < before.time) return false
    if (before !== undefined && time === before.time && before.count > 0) {
      this.#before.set(instance, { time, count: before.count - 1 })
      return false
    }
    const last = this.#last.get(instance)
    if (last === undefined || time > last.time) this.#last.set(instance, { time, count: 1 })
    else if (time === last.time) this.#last.set(instance, { time, count: last.count + 1 })
    if (time > this.#newest) this.#newest = time
    return true
  }
}
