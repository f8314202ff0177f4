import type { Clock } from '../../../clock.ts'
import { hasCode, messageOf } from '../../../core/errors.ts'
import type { FunctionName } from '../../../core/function-name.ts'
import type { CallLedger } from '../../../core/provider.ts'
import type { Log } from '../../../log.ts'
import { Background } from '../../../work/background.ts'
import { Limiter } from '../../../work/limiter.ts'
import { shortId } from '../../../core/short-id.ts'
import { EngineAway } from '../engine/errors.ts'
import type { PauseEvent, ReplicaRecord, ReplicaTable } from './replica-table.ts'

/** What this needs of `engine.ts`. */
export interface FreezerEngine {
  pauseContainer(id: string): Promise<void>
  unpauseContainer(id: string): Promise<void>
}

export interface FreezerOptions {
  readonly engine: FreezerEngine
  readonly table: ReplicaTable
  readonly ledger: Pick<CallLedger, 'inFlight'>
  readonly clock: Clock
  readonly log: Log
  /** Whether the function is still to rest: asked just before a replica of it is frozen. */
  readonly isResting: (fn: FunctionName) => boolean
  /** A replica that was ready before is ready again. */
  readonly onThawed: (record: ReplicaRecord) => void
  /** A running container whose readiness is not known. */
  readonly onUnready: (id: string) => void
  /** A replica was frozen or thawed, or is as it was: what is desired may have changed meanwhile. */
  readonly onTurned: (fn: FunctionName) => void
  /** What is known of this container may be wrong: look whether it is halted. */
  readonly onDoubt: (id: string) => void
  readonly onEngineAway: (error: EngineAway) => void
}

/**
 * The engine answers a pause within 15 ms or so; many at a time only make each slower. A thaw has calls that
 * wait for it.
 */
const MOST_FREEZES = 2
const MOST_THAWS = 8

const THAW_AGAIN_MS = [5, 20, 80, 320]

/**
 * Freezes replicas and thaws them, by the engine's `pause`: the kernel halts the processes, which keep their
 * memory and their sockets. A frozen replica takes no calls, because its kernel would accept them and nobody
 * answer; it counts as available, because a thaw takes milliseconds. Of one replica one thing happens at a
 * time.
 */
export class Freezer {
  readonly #options: FreezerOptions
  readonly #background: Background
  readonly #freezes = new Limiter(MOST_FREEZES)
  readonly #thaws = new Limiter(MOST_THAWS)
  #isStopping = false

  constructor(options: FreezerOptions) {
    this.#options = options
    this.#background = new Background(options.log)
  }

  /** One that is ready and has no calls; does nothing for any other. Returns at once. */
  freeze(id: string): void {
    const { table } = this.#options
    this.#turn(id, 'pause', async () => {
      // In one turn with the look at its calls: from here on it is given none.
      if (!this.#mayFreeze(id)) return
      table.change(id, { state: 'frozen' })
      await this.#pause(id)
      this.#say('replica frozen', id)
    })
  }

  /** One that is frozen; does nothing for any other. Returns at once. */
  thaw(id: string): void {
    const { table } = this.#options
    this.#turn(id, 'unpause', async () => {
      if (table.get(id)?.replica.state !== 'frozen') return
      await this.#unpause(id)
      this.#thawed(id)
    })
  }

  /**
   * Resolves when nothing is under way. What is frozen stays so: it outlives the daemon as what runs does.
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
      // Without an engine it would be tried again at once, in vain: its return is reason enough.
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
    const { engine, onDoubt } = this.#options
    try {
      await engine.pauseContainer(id)
    } catch (error) {
      if (!hasCode(error, 'conflict')) throw error
      // It is halted already, or Docker has that wrong for a moment.
      onDoubt(id)
    }
  }

  /** "Not paused" is wrong for a moment when it was frozen just before: see `halt-watch.ts`. */
  async #unpause(id: string): Promise<void> {
    const { engine, table, clock } = this.#options
    for (const pauseMs of THAW_AGAIN_MS) {
      try {
        await engine.unpauseContainer(id)
        return
      } catch (error) {
        if (error instanceof EngineAway) throw error
      }
      await clock.sleep(pauseMs)
      if (table.get(id)?.replica.state !== 'frozen') return
    }
    await engine.unpauseContainer(id)
  }

  /** It was ready when it was frozen. One that was found frozen has to show that it is. */
  #thawed(id: string): void {
    const { table, clock, onThawed, onUnready } = this.#options
    const record = table.get(id)
    // It may be on its way out by now, or dead.
    if (record?.replica.state !== 'frozen') return
    const state = record.wasReady ? 'ready' : 'starting'
    const after = table.change(id, { state, isPaused: false, turnedAtMs: clock.now() })
    this.#say('replica thawed', id)
    if (after !== undefined && record.wasReady) onThawed(after)
    else onUnready(id)
  }

  /**
   * The engine refused: the container is not as we thought, or cannot be frozen at all. It is asked itself
   * whether it answers.
   */
  #failed(id: string, event: PauseEvent, error: unknown): void {
    const { table, log, onUnready, onDoubt, onEngineAway } = this.#options
    if (error instanceof EngineAway) {
      onEngineAway(error)
      return
    }
    const record = table.get(id)
    if (record?.replica.state !== 'frozen') return
    const { fn, revision } = record.replica
    const what = event === 'pause' ? 'frozen' : 'thawed'
    log.warn(`replica not ${what}`, { fn, replica: shortId(id), revision, reason: messageOf(error) })
    table.change(id, { state: 'starting', ...(event === 'pause' && { isUnfreezable: true }) })
    onUnready(id)
    onDoubt(id)
  }

  #say(what: string, id: string): void {
    const replica = this.#options.table.get(id)?.replica
    if (replica === undefined) return
    this.#options.log.info(what, { fn: replica.fn, replica: shortId(id), revision: replica.revision })
  }
}
