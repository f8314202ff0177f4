import { hasCode } from '../core/errors.ts'
import type { LogLine, LogQuery } from '../core/provider/log-line.ts'
import { FIRST_TIMESTAMP, timestampOf } from '../core/provider/log-timestamp.ts'
import type { OpenLog } from '../core/provider/provider.ts'
import type { ArchivedLog } from './archive-file.ts'
import type { LogArchive } from './archive.ts'
import { mergeByTime, type LogSource } from './merge.ts'
import { measureTail, readReplicaLog } from './replica-log.ts'
import type { ReplicaList } from './tail-hub.ts'

export interface LogHistoryPorts {
  readonly open: OpenLog
  readonly archive: Pick<LogArchive, 'list' | 'read'>
  readonly replicas: ReplicaList
}

/** A log with a known number of lines. */
interface MeasuredSource extends LogSource {
  readonly lines: number
}

/**
 * What was written so far, by replicas that live and those that are gone, in the order of time. Holds a few
 * lines at a time, however long it is.
 */
export class LogHistory {
  readonly #ports: LogHistoryPorts

  constructor(ports: LogHistoryPorts) {
    this.#ports = ports
  }

  /** `onLines` is told of all lines, also of those that `tail` leaves out. */
  async *read(
    query: LogQuery,
    signal: AbortSignal,
    onLines?: (lines: readonly LogLine[]) => void,
  ): AsyncGenerator<readonly LogLine[], void> {
    const { sources, skip } = await this.#sources(query, signal)
    let left = skip
    for await (const lines of mergeByTime(sources)) {
      if (signal.aborted) return
      onLines?.(lines)
      yield lines.slice(left)
      left = Math.max(0, left - lines.length)
    }
  }

  /**
   * Lines of one replica with this timestamp or a later one, from the provider or, when it is gone there,
   * from the archive.
   */
  async *readReplica(
    query: LogQuery,
    id: string,
    signal: AbortSignal,
  ): AsyncGenerator<readonly LogLine[], void> {
    const since = sinceOf(query)
    try {
      const request = { id, ...(since === undefined ? {} : { since }) }
      yield* readReplicaLog(this.#ports.open, request, signal)
    } catch (error) {
      if (!hasCode(error, 'not-found')) throw error
      yield* this.readGone(query, id)
    }
  }

  /** The same of a replica that is known to be gone. Nothing when it left nothing. */
  async *readGone(query: LogQuery, id: string): AsyncGenerator<readonly LogLine[], void> {
    const kept = await this.#ports.archive.list(query.fn)
    const archived = kept.find((log) => log.id === id)
    if (archived !== undefined) yield* this.#readArchived(archived, sinceOf(query))
  }

  async #sources(
    query: LogQuery,
    signal: AbortSignal,
  ): Promise<{ readonly sources: readonly LogSource[]; readonly skip: number }> {
    const since = sinceOf(query)
    const living = this.#ports.replicas.replicas(query.fn).filter(({ id }) => isAsked(query, id))
    const ids = new Set(living.map(({ id }) => id))
    const gone = (await this.#ports.archive.list(query.fn)).filter(
      (log) => isAsked(query, log.id) && !ids.has(log.id) && (since === undefined || log.to >= since),
    )
    if (query.tail === undefined) {
      return {
        sources: [
          ...[...ids].map((id) => this.#living(query, id, signal)),
          ...gone.map((log) => this.#gone(log, since)),
        ],
        skip: 0,
      }
    }

    const measured = await Promise.all([
      ...[...ids].map((id) => this.#measureLiving({ ...query, tail: query.tail ?? 0 }, id, signal)),
      ...gone.map((log) => this.#measureGone(log, since)),
    ])
    const total = measured.reduce((sum, { lines }) => sum + lines, 0)
    return { sources: measured, skip: Math.max(0, total - query.tail) }
  }

  #living(query: LogQuery, id: string, signal: AbortSignal): LogSource {
    return { startsAt: FIRST_TIMESTAMP, open: () => this.readReplica(query, id, signal) }
  }

  #gone(log: ArchivedLog, since: string | undefined): LogSource {
    return { startsAt: log.from, open: () => this.#readArchived(log, since) }
  }

  async #measureLiving(
    query: LogQuery & { readonly tail: number },
    id: string,
    signal: AbortSignal,
  ): Promise<MeasuredSource> {
    const since = sinceOf(query)
    const request = { id, ...(since === undefined ? {} : { since }) }
    try {
      const { tail } = query
      const { lines, entries } = await measureTail(this.#ports.open, { ...request, tail }, signal)
      if (entries === undefined) return { ...this.#living(query, id, signal), lines }
      const open = () => readReplicaLog(this.#ports.open, { ...request, entries }, signal)
      return { startsAt: FIRST_TIMESTAMP, open, lines }
    } catch (error) {
      if (!hasCode(error, 'not-found')) throw error
      // It went just now; its lines are in the archive.
      const archived = (await this.#ports.archive.list(query.fn)).find((log) => log.id === id)
      return archived === undefined
        ? { startsAt: FIRST_TIMESTAMP, open: () => nothing(), lines: 0 }
        : this.#measureGone(archived, since)
    }
  }

  async #measureGone(log: ArchivedLog, since: string | undefined): Promise<MeasuredSource> {
    const source = this.#gone(log, since)
    if (since === undefined || log.from >= since) return { ...source, lines: log.lines }
    let lines = 0
    for await (const batch of source.open()) lines += batch.length
    return { ...source, lines }
  }

  async *#readArchived(
    log: ArchivedLog,
    since: string | undefined,
  ): AsyncGenerator<readonly LogLine[], void> {
    for await (const batch of this.#ports.archive.read(log)) {
      yield since === undefined ? batch : batch.filter((line) => line.timestamp >= since)
    }
  }
}

/** Whether the query asks for this replica. */
export function isAsked(query: LogQuery, id: string): boolean {
  const { instance } = query
  return instance === undefined || id.startsWith(instance)
}

/** The first timestamp that the query asks for. */
export function sinceOf(query: LogQuery): string | undefined {
  return query.sinceMs === undefined ? undefined : timestampOf(query.sinceMs)
}

async function* nothing(): AsyncGenerator<readonly LogLine[], void> {}
