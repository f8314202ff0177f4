import type { FunctionName } from '../functions/function-name.ts'

/** A line that a replica wrote. */
export interface LogLine {
  /** RFC 3339 with nanoseconds, UTC (`log-timestamp.ts`), as the engine wrote it. */
  readonly timestamp: string
  /** Short id of the replica (`short-id.ts`). */
  readonly instance: string
  /** Without its line end. */
  readonly text: string
}

/** Which lines of a function somebody wants to read. */
export interface LogQuery {
  readonly fn: FunctionName
  /** Only this replica, by id or unique prefix of it. */
  readonly instance?: string
  /** At most this many old lines; absent means all. */
  readonly tail?: number
  /** Milliseconds since the epoch; only lines at or after it. */
  readonly sinceMs?: number
  readonly follow: boolean
}
