import type { Clock } from '../../clock.ts'
import type { Log } from '../../log.ts'
import type { ForeignServerOptions } from './client.ts'
import type { DiskReserve } from './disk-guard.ts'
import type { OwnServerOptions } from './server-process.ts'
import type { StreamSpec } from './stream-plan.ts'

export interface NatsLinkOptions {
  readonly clock: Clock
  readonly log: Log
  readonly server:
    | ({ readonly kind: 'own'; readonly reserve?: DiskReserve } & OwnServerOptions)
    | ({ readonly kind: 'foreign' } & ForeignServerOptions)
  readonly streams: readonly StreamSpec[]
  /** Folder of streams that a restore left to be put back, into our own server. */
  readonly restoreFrom?: string
  readonly times?: Partial<LinkTimes>
}

export interface LinkTimes {
  readonly firstPauseMs: number
  readonly longestPauseMs: number
  /** Between two looks at a session. */
  readonly lookMs: number
  /** Between two looks at the disk. */
  readonly diskMs: number
  readonly dialLimitMs: number
  readonly pingMs: number
}

export const USUAL_TIMES: LinkTimes = {
  firstPauseMs: 100,
  longestPauseMs: 10_000,
  lookMs: 10_000,
  diskMs: 5_000,
  dialLimitMs: 5_000,
  pingMs: 10_000,
}
