import { join } from 'node:path'
import type { Clock } from '../clock.ts'
import type { LeavingReplica, LogKeeping, OpenLog } from '../core/provider/provider.ts'
import type { Log } from '../log.ts'
import { LogArchive } from './archive.ts'
import { LogKeeper } from './keeper.ts'

export interface KeptLogsOptions {
  readonly dataDir: string
  readonly clock: Clock
  readonly log: Log
  /** Of all logs together; left out: as usual. */
  readonly mostBytes?: number
}

/**
 * What stays of the logs of replicas that go. Built before the provider, which hands logs in; whoever reads
 * comes after it.
 */
export class KeptLogs implements LogKeeping {
  /** For readers of this room, as the keeper is. */
  readonly archive: LogArchive
  readonly keeper: LogKeeper

  /** Does no I/O. */
  constructor({ dataDir, clock, log, mostBytes }: KeptLogsOptions) {
    const limit = mostBytes === undefined ? {} : { mostBytes }
    this.archive = new LogArchive({ dir: join(dataDir, 'logs'), clock, log, ...limit })
    this.keeper = new LogKeeper({ archive: this.archive, clock, log })
  }

  /** Removes what is too old, now and every hour. */
  start(): Promise<void> {
    return this.archive.start()
  }

  /** Resolves when nothing is being saved any more. */
  stop(): Promise<void> {
    return this.archive.stop()
  }

  keep(replica: LeavingReplica, open: OpenLog, signal: AbortSignal): Promise<readonly string[]> {
    return this.keeper.keep(replica, open, signal)
  }
}
