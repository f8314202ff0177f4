import type { LogLine } from '../core/provider/log-line.ts'
import type { OpenLog } from '../core/provider/provider.ts'

/** What has been written so far, or a part of it. */
export interface LogRequest {
  readonly id: string
  /** Entries from the end, not lines: a long line may be several. */
  readonly entries?: number
  /** Only lines with this timestamp or a later one. */
  readonly since?: string
}

/** Opens the log when the first batch is asked for. Ends without an error when `signal` aborts. */
export async function* readReplicaLog(
  open: OpenLog,
  { id, ...query }: LogRequest,
  signal: AbortSignal,
): AsyncGenerator<readonly LogLine[], void> {
  try {
    yield* await open(id, query, signal)
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

/** How many lines there are from the end, and how many entries to ask for to get at least those. */
export interface TailSize {
  readonly lines: number
  /** Absent: all. */
  readonly entries?: number
}

/** Looks how far back the last `tail` lines reach: a long line may be many entries. */
export async function measureTail(
  open: OpenLog,
  { id, tail, since }: Omit<LogRequest, 'entries'> & { readonly tail: number },
  signal: AbortSignal,
): Promise<TailSize> {
  for (let entries = tail + 1; ; entries *= 4) {
    const log = await open(id, { entries, ...(since === undefined ? {} : { since }) }, signal)
    let lines = 0
    for await (const batch of log) lines += batch.length

    if (log.entries < entries) return { lines }
    // The first of them may be the end of a longer line.
    if (lines > tail) return { lines, entries }
  }
}
