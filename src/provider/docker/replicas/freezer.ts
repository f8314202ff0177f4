import type { Clock } from '../../../clock.ts'
import { FaasError, hasCode, messageOf } from '../../../core/errors.ts'
import type { FunctionName } from '../../../core/functions/function-name.ts'
import { type CallLedger, NO_RESTS, type RestFigures } from '../../../core/provider/provider.ts'
import type { Log } from '../../../log.ts'
import { Background } from '../../../work/background.ts'
import { Limiter } from '../../../work/limiter.ts'
import { shortId } from '../../../core/short-id.ts'
import { EngineAway } from '../engine/errors.ts'
import type { Halter } from './halter.ts'
import type { PauseEvent, ReplicaRecord, ReplicaTable } from './replica-table.ts'

export interface FreezerOptions {
  readonly halter: Pick<Halter, 'halt' | 'release'>
  readonly table: ReplicaTable
  readonly ledger: Pick<CallLedger, 'inFlight'>
  readonly clock: Clock
  readonly log: Log
  /** Whether the function should still rest: asked just before a replica of it is frozen. */
  readonly isResting: (fn: FunctionName) => boolean
  /** A replica that was ready before is ready again. */
  readonly onThawed: (record: ReplicaRecord) => void
  /** A running container whose readiness is not known. */
  readonly onUnready: (id: string) => void
  /** It cannot be thawed: it has to be replaced. */
  readonly onLost: (record: ReplicaRecord) => void
  /** A freeze or thaw has ended, successfully or not. The desired state may have changed meanwhile. */
  readonly onTurned: (fn: FunctionName) => void
  /** The record of this container may be wrong: checks whether it is paused. */
  readonly onDoubt: (id: string) => void
  readonly onEngineAway: (error: EngineAway) => void
}

/**
 * Most freezes at a time. The engine needs about 15 ms for a pause, and more at a time only make each slower.
 * Thaws are not limited, because calls wait for them.
 */
const MOST_FREEZES = 2
const MOST_THAWS = 8

/** How often somebody looks who waits for the end of a freeze or thaw. */
const TURN_LOOK_MS = 5

const THAW_AGAIN_MS = [5, 20, 80, 320]

/**
 * Freezes and thaws replicas (`halter.ts` says how): the kernel halts the processes, which keep their memory and
 * sockets. A frozen replica gets no calls, because the kernel would accept connections that nobody
 * answers. It counts as available, because a thaw takes milliseconds. One operation per replica runs at a
 * time.
 */
export class Freezer {
  readonly #options: FreezerOptions
  readonly #background: Background
  readonly #freezes = new Limiter(MOST_FREEZES)
  readonly #thaws = new Limiter(MOST_THAWS)
  readonly #figures = new Map<FunctionName, RestFigures>()
  #isStopping = false

  constructor(options: FreezerOptions) {
    this.#options = options
    this.#background = new Background(options.log)
  }

  /** Freezes a replica that is ready and has no calls; does nothing for any other. Returns at once. */
  freeze(id: string): void {
    const { table, halter, clock } = this.#options
    this.#turn(id, 'pause', async () => {
      // In the same turn as the check for calls: from here on it gets none.
      if (!this.#mayFreeze(id)) return
      table.change(id, { state: 'frozen' })
      const beganMs = clock.now()
      await this.#pause(id)
      this.#count(id, { freezes: 1, freezeSeconds: (clock.now() - beganMs) / 1_000 })
      const record = table.get(id)
      // It was told to go while its processes halted: they have to hear that.
      if (record !== undefined && record.frozenIn !== null && record.replica.state !== 'frozen')
        await halter.release(id)
      this.#say('replica frozen', id)
    })
  }

  /** Thaws a frozen replica; does nothing for any other. Returns at once. */
  thaw(id: string): void {
    const { table, clock } = this.#options
    this.#turn(id, 'unpause', async () => {
      if (table.get(id)?.replica.state !== 'frozen') return
      const beganMs = clock.now()
      await this.#unpause(id)
      this.#count(id, { thaws: 1, thawSeconds: (clock.now() - beganMs) / 1_000 })
      this.#thawed(id)
    })
  }

  /**
   * Runs `work` while the replica is thawed and stays so, behind what is under way with it. Rejects as `work`
   * does, or when it cannot be thawed.
   */
  async whileAwake(id: string, work: () => Promise<void>): Promise<void> {
    const { table, clock, onTurned } = this.#options
    while ((table.get(id)?.turning ?? null) !== null) await clock.sleep(TURN_LOOK_MS)
    const record = table.get(id)
    if (record === undefined || this.#isStopping)
      throw new FaasError('conflict', 'the replica has ended meanwhile')
    table.change(id, { turning: 'unpause' })
    try {
      if (record.replica.state === 'frozen') {
        await this.#unpause(id)
        this.#thawed(id)
      }
      await work()
    } finally {
      table.change(id, { turning: null, turnedAtMs: clock.now() })
      onTurned(record.replica.fn)
    }
  }

  figures(fn: FunctionName): RestFigures {
    return this.#figures.get(fn) ?? NO_RESTS
  }

  /** The function is gone. */
  forget(fn: FunctionName): void {
    this.#figures.delete(fn)
  }

  /**
   * Resolves when no operation is running. Frozen replicas stay frozen and outlive the daemon like running
   * ones.
   */
  async stop(): Promise<void> {
    this.#isStopping = true
    await this.#background.settled()
  }

  #turn(id: string, event: PauseEvent, work: () => Promise<void>): void {
    const places = event === 'pause' ? this.#freezes : this.#thaws
    const { table, clock, onTurned } = this.#options
    const record = table.get(id)
    if (record === undefined || record.turning !== null || this.#isStopping) return
    table.change(id, { turning: event })
    this.#background.run(`${event} a replica`, async () => {
      let isDone = true
      try {
        await places.run(work)
      } catch (error) {
        isDone = !(error instanceof EngineAway)
        this.#failed(id, event, error)
      }
      table.change(id, { turning: null, turnedAtMs: clock.now() })
      // Not when the engine is unreachable: a retry would fail at once, and its return starts a round anyway.
      if (isDone) onTurned(record.replica.fn)
    })
  }

  #mayFreeze(id: string): boolean {
    const { table, ledger, isResting } = this.#options
    const record = table.get(id)
    if (record?.replica.state !== 'ready' || this.#isStopping) return false
    return ledger.inFlight(id) === 0 && isResting(record.replica.fn)
  }

  async #pause(id: string): Promise<void> {
    const { halter, onDoubt } = this.#options
    try {
      await halter.halt(id, () => this.#isWanted(id))
    } catch (error) {
      if (!hasCode(error, 'conflict')) throw error
      // It is paused already, or Docker has a wrong state for a moment.
      onDoubt(id)
    }
  }

  /** A call may come, or the replica may be told to go, while its processes halt. */
  #isWanted(id: string): boolean {
    const { table, isResting } = this.#options
    const replica = table.get(id)?.replica
    return replica?.state === 'frozen' && isResting(replica.fn)
  }

  /** "Not paused" can be wrong for a moment after a freeze: see `halt-watch.ts`. */
  async #unpause(id: string): Promise<void> {
    const { halter, table, clock } = this.#options
    // The files of the kernel are never wrong, and refuse a second time what they refused.
    if (table.get(id)?.frozenIn !== null) return await halter.release(id)
    for (const pauseMs of THAW_AGAIN_MS) {
      try {
        await halter.release(id)
        return
      } catch (error) {
        if (error instanceof EngineAway) throw error
      }
      await clock.sleep(pauseMs)
      if (table.get(id)?.replica.state !== 'frozen') return
    }
    await halter.release(id)
  }

  /** It was ready when it was frozen. One that was found frozen must pass a probe first. */
  #thawed(id: string): void {
    const { table, clock, onThawed, onUnready } = this.#options
    const record = table.get(id)
    // It may be draining by now, or dead.
    if (record?.replica.state !== 'frozen') return
    const state = record.wasReady ? 'ready' : 'starting'
    const after = table.change(id, { state, isPaused: false, turnedAtMs: clock.now() })
    this.#say('replica thawed', id)
    if (after !== undefined && record.wasReady) onThawed(after)
    else onUnready(id)
  }

  /**
   * The engine refused: the container has another state than we thought, or cannot be frozen at all. A probe
   * finds out whether it answers.
   */
  #failed(id: string, event: PauseEvent, error: unknown): void {
    const { table, log, onUnready, onDoubt, onLost, onEngineAway } = this.#options
    if (error instanceof EngineAway) {
      onEngineAway(error)
      return
    }
    const record = table.get(id)
    if (record?.replica.state !== 'frozen') return
    this.#count(id, { failures: 1 })
    const { fn, revision } = record.replica
    const what = event === 'pause' ? 'frozen' : 'thawed'
    log.warn(`replica not ${what}`, { fn, replica: shortId(id), revision, reason: messageOf(error) })
    if (record.frozenIn !== null) {
      // The engine cannot thaw what it did not freeze.
      table.change(id, { state: 'starting', isFailed: true })
      onLost(record)
      return
    }
    table.change(id, { state: 'starting', ...(event === 'pause' && { isUnfreezable: true }) })
    onUnready(id)
    onDoubt(id)
  }

  #count(id: string, more: Partial<RestFigures>): void {
    const fn = this.#options.table.get(id)?.replica.fn
    if (fn === undefined) return
    const { failures, freezes, freezeSeconds, thaws, thawSeconds } = this.figures(fn)
    this.#figures.set(fn, {
      failures: failures + (more.failures ?? 0),
      freezes: freezes + (more.freezes ?? 0),
      freezeSeconds: freezeSeconds + (more.freezeSeconds ?? 0),
      thaws: thaws + (more.thaws ?? 0),
      thawSeconds: thawSeconds + (more.thawSeconds ?? 0),
    })
  }

  #say(what: string, id: string): void {
    const replica = this.#options.table.get(id)?.replica
    if (replica === undefined) return
    this.#options.log.info(what, { fn: replica.fn, replica: shortId(id), revision: replica.revision })
  }
}
