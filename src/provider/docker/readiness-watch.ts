import { setMaxListeners } from 'node:events'
import type { Clock } from '../../clock.ts'
import type { Log } from '../../log.ts'
import { Background } from './background.ts'
import { isReady, untilReady } from './readiness.ts'
import type { ProbeTiming } from './docker-labels.ts'
import type { ReplicaRecord, ReplicaTable } from './replica-table.ts'

export interface ReadinessWatchOptions {
  readonly table: ReplicaTable
  readonly clock: Clock
  readonly log: Log
  readonly onReady: (record: ReplicaRecord) => void
  /** It ran for as long as a start may take and is still not ready. */
  readonly onOverdue: (record: ReplicaRecord) => void
}

/**
 * Probes every replica that runs and is not known to be ready, until it is. One that is ready is left in peace, unless its function is annotated
 * with the timing of probes (http-api 12.2): then a few bad answers in a row take it out of service, and it is probed as at its start.
 */
export class ReadinessWatch {
  readonly #options: ReadinessWatchOptions
  readonly #background: Background
  readonly #underWay = new Set<string>()
  readonly #watched = new Set<string>()
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

  #watchLater(id: string, timing: ProbeTiming): void {
    this.#watched.add(id)
    this.#background.run('watch a replica', async () => {
      try {
        await this.#watch(id, timing)
      } finally {
        this.#watched.delete(id)
      }
    })
  }

  /** Ends when the replica is not ready any more, whoever found out. */
  async #watch(id: string, { periodMs, failures }: ProbeTiming): Promise<void> {
    const { table, clock, log } = this.#options
    const { signal } = this.#stopping
    let failed = 0
    for (;;) {
      // Rejects only when we stop.
      await clock.sleep(periodMs, signal).catch(() => {})
      const target = targetOf(table.get(id), 'ready')
      if (target === null || signal.aborted) return
      failed = (await isReady(target, clock, signal)) ? 0 : failed + 1
      if (failed < failures) continue
      if (targetOf(table.get(id), 'ready') === null || signal.aborted) return
      log.warn('replica failed its probes', { replica: id.slice(0, 12), failed })
      table.change(id, { state: 'starting' })
      this.begin(id)
      return
    }
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
      const { timing } = record.identity.probe
      if (timing !== null && !this.#watched.has(id)) this.#watchLater(id, timing)
    } else {
      log.warn('replica not ready in time', fields)
      onOverdue(record)
    }
  }
}

/** What to probe; null once there is nothing to find out any more. */
function targetOf(record: ReplicaRecord | undefined, state: 'starting' | 'ready' = 'starting') {
  if (record === undefined || !record.isRunning || record.replica.state !== state) return null
  const { host, port } = record.replica
  return { host, port, probe: record.identity.probe }
}
