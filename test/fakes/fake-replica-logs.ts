import { deferred, type Deferred } from '../../src/clock.ts'
import { FaasError } from '../../src/core/errors.ts'
import type { LogLine } from '../../src/core/provider/log-line.ts'
import type { ReplicaLog, ReplicaLogQuery } from '../../src/core/provider/provider.ts'
import { shortId } from '../../src/core/short-id.ts'

interface Written {
  readonly lines: LogLine[]
  more: Deferred<void>
  isOver: boolean
}

/** What the replicas of a fake provider wrote. Each line is one entry. */
export class FakeReplicaLogs {
  readonly #logs = new Map<string, Written>()

  /** The replica is there, and has written nothing. */
  begin(id: string): void {
    this.#logs.set(id, { lines: [], more: deferred(), isOver: false })
  }

  write(id: string, timestamp: string, text: string): void {
    const log = this.#logs.get(id)
    if (log === undefined) throw new Error(`no replica ${id}`)
    log.lines.push({ timestamp, instance: shortId(id), text })
    wake(log)
  }

  /** The replica is gone, and its log; who has it open reads on to its end. */
  end(id: string): void {
    const log = this.#logs.get(id)
    this.#logs.delete(id)
    if (log === undefined) return
    log.isOver = true
    wake(log)
  }

  async open(id: string, query: ReplicaLogQuery, signal: AbortSignal): Promise<ReplicaLog> {
    signal.throwIfAborted()
    const log = this.#logs.get(id)
    if (log === undefined) throw new FaasError('not-found', `no log of replica ${id}`)
    const { entries, since = '', follow = false } = query
    let at = entries === undefined ? 0 : Math.max(0, log.lines.length - entries)
    let read = 0
    return {
      get entries() {
        return read
      },
      async *[Symbol.asyncIterator]() {
        const left = deferred<void>()
        const leave = () => left.resolve()
        signal.addEventListener('abort', leave, { once: true })
        while (!signal.aborted) {
          const { more } = log
          const fresh = log.lines.slice(at)
          at += fresh.length
          read += fresh.length
          yield fresh.filter(({ timestamp }) => timestamp >= since)
          if (at < log.lines.length) continue
          if (!follow || log.isOver) break
          await Promise.race([more.promise, left.promise])
        }
        signal.removeEventListener('abort', leave)
      },
    }
  }
}

function wake(log: Written): void {
  log.more.resolve()
  log.more = deferred()
}
