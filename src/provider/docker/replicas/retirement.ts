import { setMaxListeners } from 'node:events'
import type { Clock } from '../../../clock.ts'
import { messageOf } from '../../../core/errors.ts'
import type { FunctionName } from '../../../core/functions/function-name.ts'
import type { CallLedger } from '../../../core/provider/provider.ts'
import type { Log } from '../../../log.ts'
import { Background } from '../../../work/background.ts'
import { shortId } from '../../../core/short-id.ts'
import { EngineAway } from '../engine/errors.ts'
import type { ContainerDetails } from '../engine/answers.ts'
import { Limiter } from '../../../work/limiter.ts'
import type { Halter } from './halter.ts'
import { type DepartureReason, DEPARTURES } from './reconcile-plan.ts'
import type { ReplicaRecord, ReplicaTable } from './replica-table.ts'

/** What this needs of `engine.ts`. */
export interface RetirementEngine {
  inspectContainer(id: string): Promise<ContainerDetails | null>
  stopContainer(id: string, graceSeconds: number): Promise<void>
  removeContainer(id: string): Promise<void>
}

export interface RetirementOptions {
  readonly engine: RetirementEngine
  readonly halter: Pick<Halter, 'release'>
  readonly table: ReplicaTable
  readonly ledger: CallLedger
  readonly clock: Clock
  readonly log: Log
  /** Longest wait for the calls of a replica to end. */
  readonly drainMs: number
  /**
   * Keeps the last log lines; begins at once. Bounded in time and number. Stops when the signal aborts; never
   * throws.
   */
  readonly keepLogs: (record: ReplicaRecord, signal: AbortSignal) => Promise<readonly string[]>
  /** The last lines of a replica that died or was given up. */
  readonly onLastLines: (record: ReplicaRecord, lines: readonly string[]) => void
  /** The container is gone. */
  readonly onGone: (fn: FunctionName) => void
  /** The engine failed: try again when it is reachable. */
  readonly onFailure: (fn: FunctionName, error: unknown) => void
  /** The details of how a container ended. */
  readonly onDeath: (record: ReplicaRecord, details: ContainerDetails) => void
}

/**
 * Retires replicas: takes them off the ready list at once; then waits for their calls, stops the process,
 * keeps the logs and removes the container.
 */
export class Retirement {
  readonly #options: RetirementOptions
  readonly #background: Background
  readonly #underWay = new Set<string>()
  /** Why each of them goes: the first reason, which later rounds do not know any more. */
  readonly #reasons = new Map<string, DepartureReason>()
  readonly #removals = new Limiter(4)
  /** Aborts the running waits. */
  readonly #drains = new Set<AbortController>()
  readonly #stopping = new AbortController()

  constructor(options: RetirementOptions) {
    this.#options = options
    this.#background = new Background(options.log)
    // One listener per retiring replica is not a leak.
    setMaxListeners(0, this.#stopping.signal)
  }

  /** Idempotent; returns at once. Works for running replicas and for dead ones. */
  begin(id: string, why: DepartureReason): void {
    const { table } = this.#options
    const record = table.get(id)
    if (record === undefined || this.#stopping.signal.aborted) return
    const isHalted = record.isPaused || record.replica.state === 'frozen'
    if (record.isRunning) table.change(id, { state: 'draining', isPaused: isHalted })
    if (!this.#reasons.has(id)) this.#reasons.set(id, why)
    if (this.#underWay.has(id)) return

    this.#underWay.add(id)
    this.#background.run('retire a replica', async () => {
      try {
        await this.#retire(record)
      } finally {
        this.#underWay.delete(id)
      }
    })
  }

  /** Ends the waits; containers that were not removed yet stay for the next start. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    for (const drain of this.#drains) drain.abort()
    await this.#background.settled()
  }

  async #retire(record: ReplicaRecord): Promise<void> {
    const { engine, table, onGone, onFailure, log } = this.#options
    const { id, fn } = record.replica
    try {
      if (record.isRunning) {
        await this.#drain(id)
        if (this.#stopping.signal.aborted) return
        await this.#letGoOn(id)
        await engine.stopContainer(id, record.identity.graceSeconds)
        await this.#keep(record)
      } else {
        // Before anything else: a person who killed it by hand may remove it next.
        const kept = this.#keep(record)
        try {
          await this.#report(record)
        } finally {
          await kept
        }
      }
      await this.#removals.run(async () => {
        await engine.removeContainer(id)
        table.delete(id)
      }, this.#stopping.signal)
    } catch (error) {
      // It stays for the next start.
      if (this.#stopping.signal.aborted) return
      log.debug('replica not removed yet', { fn, replica: shortId(id), reason: messageOf(error) })
      onFailure(fn, error)
      return
    }
    const { revision } = record.replica
    const reason = DEPARTURES[this.#reasons.get(id) ?? 'leaving']
    this.#reasons.delete(id)
    log.info('replica removed', { fn, replica: shortId(id), revision, reason })
    onGone(fn)
  }

  async #keep(record: ReplicaRecord): Promise<void> {
    const { signal } = this.#stopping
    if (signal.aborted) return
    const { keepLogs, onLastLines } = this.#options
    const lines = await keepLogs(record, signal)
    if (!record.isRunning || record.isFailed) onLastLines(record, lines)
  }

  async #drain(id: string): Promise<void> {
    const { clock, drainMs, ledger } = this.#options
    const limit = new AbortController()
    this.#drains.add(limit)
    const cancel = clock.after(drainMs, () => limit.abort())
    try {
      await ledger.whenIdle(id, limit.signal)
    } finally {
      cancel()
      this.#drains.delete(limit)
    }
  }

  /** Halted processes cannot end, and not every engine lets them continue when it stops the container. */
  async #letGoOn(id: string): Promise<void> {
    const { halter, table } = this.#options
    if (table.get(id)?.isPaused !== true) return
    try {
      await halter.release(id)
    } catch (error) {
      // Somebody else has unpaused it already.
      if (error instanceof EngineAway) throw error
    }
  }

  async #report(record: ReplicaRecord): Promise<void> {
    const details = await this.#options.engine.inspectContainer(record.replica.id)
    if (details !== null) this.#options.onDeath(record, details)
  }
}
