import { type Clock, deferred } from '../../../clock.ts'
import type { ReplicaRecord, ReplicaTable } from './replica-table.ts'

/**
 * Longest wait for the engine's report of a death, which takes a moment. The caller's call has failed
 * already.
 */
const NEWS_MS = 250

export interface ReplicaFateOptions {
  readonly table: ReplicaTable
  readonly clock: Clock
}

/** The record of a replica that has just died; null when it is alive or unknown. Never rejects. */
export async function deathOf(
  id: string,
  { table, clock }: ReplicaFateOptions,
): Promise<ReplicaRecord | null> {
  const seen = deferred<ReplicaRecord | null>()
  const look = (): void => {
    const record = table.get(id)
    if (record === undefined) seen.resolve(null)
    else if (record.exitCode !== null) seen.resolve(record)
  }
  const forget = table.onChange(look)
  const cancel = clock.after(NEWS_MS, () => seen.resolve(null))
  look()
  try {
    return await seen.promise
  } finally {
    forget()
    cancel()
  }
}
