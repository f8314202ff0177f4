import { setMaxListeners } from 'node:events'
import type { Clock } from '../../../clock.ts'
import type { Replica } from '../../../core/provider/replica.ts'
import type { Log } from '../../../log.ts'
import { Background } from '../../../work/background.ts'
import { shortId } from '../../../core/short-id.ts'
import { Complaint } from './complaint.ts'
import { PAUSED } from './not-ready-reason.ts'
import type { Probe } from '../container/probe.ts'
import type { Finding, Lack } from './probe-finding.ts'
import type { ProbeTarget } from './probe-request.ts'
import { type Probing, untilFailed, untilReady } from './probe-loop.ts'
import { isOutOfService, type ReplicaRecord, type ReplicaTable } from '../replicas/replica-table.ts'

export interface ReplicaProbesOptions {
  readonly table: ReplicaTable
  /** What proves that a replica is ready. Neither method rejects. */
  readonly readiness: {
    look(target: ProbeTarget, signal: AbortSignal): Promise<Finding>
    explain(target: ProbeTarget, finding: Finding): Promise<Lack>
  }
  readonly clock: Clock
  readonly log: Log
  readonly onReady: (record: ReplicaRecord) => void
  /** Its problem has lasted and will hardly go away by waiting. */
  readonly onStuck: (record: ReplicaRecord) => void
  /** It runs but must be replaced. `reason` completes "the function is not ready: …". */
  readonly onFailed: (record: ReplicaRecord, reason: string) => void
}

type Series = 'readiness' | 'liveness'

/** A repeated probe: what is asked, of replicas in which states. */
interface Watch {
  readonly id: string
  readonly series: Series
  readonly states: readonly Replica['state'][]
}

type Hear = (target: ProbeTarget, finding: Finding) => Promise<void>

/** Time between two attempts with a replica whose readiness only a call can show. */
const FIRST_DOUBT_MS = 250
const LONGEST_DOUBT_MS = 2_000
const DOUBT_GROWTH = 1.5

/**
 * Probes every running replica until it is ready. A ready one is not probed any more, unless its plan says so
 * (http-api 12.2): a failed readiness probe takes it out of service until it passes again, a failed liveness
 * probe has it replaced.
 */
export class ReplicaProbes {
  readonly #options: ReplicaProbesOptions
  readonly #background: Background
  readonly #starting = new Set<string>()
  /** Replicas in service that are probed repeatedly, by kind of probe. */
  readonly #watched = { readiness: new Set<string>(), liveness: new Set<string>() }
  readonly #stopping = new AbortController()

  constructor(options: ReplicaProbesOptions) {
    this.#options = options
    this.#background = new Background(options.log)
    // There are as many probes at a time as replicas start; each removes its own listener.
    setMaxListeners(0, this.#stopping.signal)
  }

  /** Starts to probe a replica whose readiness is unknown. Idempotent; returns at once. */
  begin(id: string): void {
    this.#run(this.#starting, id, () => this.#untilReady(id))
  }

  /** It was frozen and is ready again: repeated probes continue. */
  resume(record: ReplicaRecord): void {
    this.#watch(record)
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#background.settled()
  }

  /**
   * Runs one task of a kind per replica at a time. The function that `work` returns is called after the task
   * counts as ended.
   */
  #run(busy: Set<string>, id: string, work: () => Promise<(() => void) | void>): void {
    if (busy.has(id) || this.#stopping.signal.aborted) return
    busy.add(id)
    this.#background.run('probe a replica', async () => {
      const goOn = await work().finally(() => busy.delete(id))
      goOn?.()
    })
  }

  async #untilReady(id: string): Promise<void> {
    const { table, clock } = this.#options
    const record = table.get(id)
    if (record === undefined) return
    const startMs = clock.now()
    const { patienceMs, readiness } = record.identity.probes
    const complaint = this.#complaint(id)
    let isUnproven = false
    const probing = this.#probing(
      { id, series: 'readiness', states: ['starting'] },
      async (target, finding) => {
        if (finding.kind === 'good') isUnproven = finding.isUnproven
        else await complaint.hear(target, finding)
      },
    )
    const outcome = await untilReady(probing, {
      delayMs: record.wasReady ? doubtMs(record) : this.#delayLeft(record, readiness),
      isOverdue: this.#patience(id, patienceMs),
    })
    if (outcome === 'ready') this.#ready(id, { tookMs: clock.now() - startMs, isUnproven })
    if (outcome === 'overdue') this.#overdue(id, patienceMs)
  }

  #complaint(id: string): Complaint {
    const { table, clock, log, readiness, onStuck } = this.#options
    return new Complaint({
      clock,
      explain: (target, finding) =>
        table.get(id)?.isPaused === true
          ? Promise.resolve({ reason: PAUSED, isLasting: false })
          : readiness.explain(target, finding),
      say: ({ reason, isLasting }, hasLasted) => {
        const record = table.get(id)
        if (record?.replica.state !== 'starting') return
        if (!hasLasted) table.change(id, { reason, isStuck: false })
        else log.warn('replica not ready', { ...named(record), reason })
        if (hasLasted && isLasting) onStuck(record)
      },
    })
  }

  /**
   * Whether its time is up. A replica that was ready and is out of service by its own readiness probe may
   * take as long as it likes, and so may one that somebody works on. For one that was paused the time starts at that moment.
   */
  #patience(id: string, patienceMs: number): (ms: number) => boolean {
    let pausedMs: number | null = null
    return (ms) => {
      const record = this.#options.table.get(id)
      if (record === undefined || isWorkedOn(record)) return false
      pausedMs = record.isPaused ? (pausedMs ?? ms) : null
      if (pausedMs !== null) return ms - pausedMs >= patienceMs
      return !isOutOfService(record) && ms >= patienceMs
    }
  }

  #overdue(id: string, patienceMs: number): void {
    const reason = this.#options.table.get(id)?.replica.reason
    const limit = `it was not ready within ${Math.round(patienceMs / 1_000)} s (startup_timeout)`
    this.#fail(id, reason === undefined ? limit : `${limit}: ${reason}`)
  }

  #ready(id: string, { tookMs, isUnproven }: { tookMs: number; isUnproven: boolean }): void {
    const { table, log, onReady } = this.#options
    const record = table.change(id, { state: 'ready', isUnproven, isStuck: false })
    if (record === undefined) return
    log.info('replica ready', { ...named(record), ms: Math.round(tookMs) })
    onReady(record)
    this.#watch(record)
  }

  #watch(record: ReplicaRecord): void {
    const { id } = record.replica
    const { readiness, isReadinessRepeated, liveness } = record.identity.probes
    if (isReadinessRepeated) {
      this.#run(this.#watched.readiness, id, () => this.#untilUnready(id, phaseMs(id, readiness)))
    }
    if (liveness !== null) {
      const firstMs = this.#delayLeft(record, liveness) + phaseMs(id, liveness)
      this.#run(this.#watched.liveness, id, () => this.#untilUnwell(id, firstMs))
    }
  }

  async #untilUnready(id: string, firstMs: number): Promise<(() => void) | void> {
    const { table, log } = this.#options
    const { probing, reason } = this.#watching({ id, series: 'readiness', states: ['ready'] })
    if ((await untilFailed(probing, firstMs)) === 'ended') return
    const why = await reason()
    const record = table.change(id, { state: 'starting', reason: why })
    if (record === undefined) return
    log.warn('replica out of service: readiness probe failed', { ...named(record), reason: why })
    return () => this.begin(id)
  }

  /** Also probes a replica out of service, which may be unhealthy too. */
  async #untilUnwell(id: string, firstMs: number): Promise<void> {
    const { probing, reason } = this.#watching({ id, series: 'liveness', states: ['ready', 'starting'] })
    if ((await untilFailed(probing, firstMs)) === 'failed')
      this.#fail(id, `it failed its health probe: ${await reason()}`)
  }

  /** Takes it out of service at once. */
  #fail(id: string, reason: string): void {
    const { table, log, onFailed } = this.#options
    const record = table.change(id, { state: 'starting', isFailed: true })
    if (record === undefined) return
    log.warn('replica failed', { ...named(record), reason })
    onFailed(record, reason)
  }

  /** `reason`: what the last bad answer was. */
  #watching(series: Watch): { probing: Probing; reason: () => Promise<string> } {
    const { readiness } = this.#options
    let reason = (): Promise<string> => Promise.resolve('')
    const probing = this.#probing(series, (target, finding) => {
      if (finding.kind !== 'good') reason = async () => (await readiness.explain(target, finding)).reason
      return Promise.resolve()
    })
    return { probing, reason: () => reason() }
  }

  #probing({ id, series, states }: Watch, onFinding: Hear): Probing {
    const { table, readiness, clock } = this.#options
    return {
      next: () => targetOf(table.get(id), series, states),
      ask: async (target, signal) => {
        const startMs = clock.now()
        const finding = await readiness.look(target, signal)
        if (wasHeldUp(table.get(id), startMs)) return true
        await onFinding(target, finding)
        return finding.kind === 'good'
      },
      clock,
      signal: this.#stopping.signal,
    }
  }

  /**
   * Never longer than the delay itself, because the engine's clock may differ or ours may have been changed.
   */
  #delayLeft({ createdAtMs }: ReplicaRecord, { delayMs }: Probe): number {
    const ageMs = Math.max(0, this.#options.clock.wall() - createdAtMs)
    return Math.max(0, delayMs - ageMs)
  }
}

/** An edit has broken it, and the next one mends it: what was put into it must not go with it. */
function isWorkedOn({ identity, wasReady }: ReplicaRecord): boolean {
  return identity.takesChanges === true && wasReady
}

/** Whether it was frozen since the probe began: then the result says nothing about it. */
function wasHeldUp(record: ReplicaRecord | undefined, sinceMs: number): boolean {
  return record?.replica.state === 'frozen' || (record?.turnedAtMs ?? 0) > sinceMs
}

/** Null when there is nothing to probe any more. */
function targetOf(
  record: ReplicaRecord | undefined,
  series: Series,
  states: readonly Replica['state'][],
): ProbeTarget | null {
  if (record === undefined || !record.isRunning || record.isFailed) return null
  const { id, host, port, state } = record.replica
  const { processPort, ...probes } = record.identity.probes
  const probe = probes[series]
  if (probe === null || !states.includes(state)) return null
  return { id, host, port, probe, processPort: series === 'readiness' ? processPort : null }
}

/** A replica whose watchdog passes every probe while its process starts must not be tried in a hot loop. */
function doubtMs({ doubts }: ReplicaRecord): number {
  return doubts === 0 ? 0 : Math.min(LONGEST_DOUBT_MS, FIRST_DOUBT_MS * DOUBT_GROWTH ** (doubts - 1))
}

/**
 * A part of the period that differs by replica, so that a thousand replicas that are found ready together are
 * not probed at the same moment.
 */
function phaseMs(id: string, { periodMs }: Probe): number {
  const part = Number.parseInt(id.slice(0, 8), 16) / 2 ** 32
  return periodMs * (Number.isNaN(part) ? 1 : (1 + part) / 2)
}

function named({ replica }: ReplicaRecord) {
  return { fn: replica.fn, replica: shortId(replica.id), revision: replica.revision }
}
