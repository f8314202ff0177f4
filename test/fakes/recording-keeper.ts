import type { LeavingReplica, LogKeeping, OpenLog } from '../../src/core/provider/provider.ts'

/** Reads the logs that it is given to their end, and lets go when a test lets it. */
export class RecordingKeeper implements LogKeeping {
  /** Texts by the id of the replica that went. */
  readonly kept = new Map<string, readonly string[]>()
  /** Awaited before the log may go. */
  isRead: (replica: LeavingReplica) => Promise<void> = async () => {}

  async keep(replica: LeavingReplica, open: OpenLog, signal: AbortSignal): Promise<readonly string[]> {
    try {
      const texts: string[] = []
      for await (const batch of await open(replica.id, {}, signal))
        texts.push(...batch.map(({ text }) => text))
      this.kept.set(replica.id, texts)
      await this.isRead(replica)
      return texts
    } catch {
      return []
    }
  }
}
