import { setMaxListeners } from 'node:events'
import type { Clock } from '../../clock.ts'
import type { Log } from '../../log.ts'
import { Background } from './background.ts'
import { untilReady } from './readiness.ts'
import type { ReplicaRecord, ReplicaTable } from './replica-table.ts'

export interface ReadinessWatchOptions {
  readonly table: ReplicaTable
  readonly clock: Clock
  readonly log: Log
  readonly onReady: (record: ReplicaRecord) => void
  /** It ran for as long as a start may take and is still not ready. */
  readonly onOverdue: (record: ReplicaRecord) => void
}

/** Probes every replica that runs and is not known to be ready, until it is; one that is ready is left in peace. */
export class ReadinessWatch {
  readonly #options: ReadinessWatchOptions
  readonly #background: Background
  readonly #underWay = new Set<string>()
  readonly #stopping = new AbortController()

  constructor(options: ReadinessWatchOptions) {
    this.#options = options
    this.#background = new Background(options.log)
    // As many probes at a time as replicas start; each takes its listener away again.
    setMaxListeners(0, this.#stopping.signal)
  }

  /** Idempotent; returns at once. */
  begin(id: string): void {
    if (this.#underWay.has(id) || this.#stopping.signal.aborted) return
    this.#underWay.add(id)
    this.#background.run('probe a replica', async () => {
      try {
        await this.#probe(id)
      } finally {
        this.#underWay.delete(id)
      }
    })
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#background.settled()
  }

  async #probe(id: string): Promise<void> {
    const { table, clock, log, onReady, onOverdue } = this.#options
    const startMs = clock.now()
    const outcome = await untilReady(() => targetOf(table.get(id)), clock, this.#stopping.signal)
    if (outcome === 'ended') return

    const isReady = outcome === 'ready'
    const record = table.change(id, isReady ? { state: 'ready' } : { isOverdue: true })
    if (record === undefined) return
    const { fn, revision } = record.replica
    const fields = { fn, replica: id.slice(0, 12), revision, ms: Math.round(clock.now() - startMs) }
    if (isReady) {
      log.info('replica ready', fields)
      onReady(record)
    } else {
      log.warn('replica not ready in time', fields)
      onOverdue(record)
    }
  }
}

/** What to probe; null once there is nothing to find out any more. */
function targetOf(record: ReplicaRecord | undefined) {
  if (record === undefined || !record.isRunning || record.replica.state !== 'starting') return null
  const { host, port } = record.replica
  return { host, port, probe: record.identity.probe }
}
