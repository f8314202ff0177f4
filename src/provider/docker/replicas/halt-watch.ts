import type { Clock } from '../../../clock.ts'
import type { Log } from '../../../log.ts'
import { Background } from '../../../work/background.ts'
import type { ContainerDetails } from '../engine/answers.ts'
import { EngineAway } from '../engine/errors.ts'
import type { ReplicaRecord, ReplicaTable } from './replica-table.ts'

/** What this needs of `engine.ts`. */
export interface HaltEngine {
  inspectContainer(id: string): Promise<ContainerDetails | null>
}

export interface HaltWatchOptions {
  readonly engine: HaltEngine
  readonly table: ReplicaTable
  readonly clock: Clock
  readonly log: Log
  /** A running container whose readiness is not known. */
  readonly onUnready: (id: string) => void
  readonly onEngineAway: (error: EngineAway) => void
}

/**
 * How long after we froze or thawed a container what the engine says of it is no evidence. Docker records and
 * tells a pause twice: when it was asked for, and when the runtime below reports it. The second may come when
 * we have turned the container again, and until the next report Docker has it wrong itself (seen on 20.10 and
 * 28; moby, `daemon/monitor.go`).
 */
const ECHO_MS = 1_000

/**
 * Finds out by whom a container was halted or let go on, by us or by somebody's hand. Events and lists are
 * only a reason to ask: the container itself is asked, once nothing of ours can still echo.
 */
export class HaltWatch {
  readonly #options: HaltWatchOptions
  readonly #background: Background
  readonly #asking = new Set<string>()
  readonly #stop = new AbortController()

  constructor(options: HaltWatchOptions) {
    this.#options = options
    this.#background = new Background(options.log)
  }

  /** The engine says that its processes are halted, or that they are not. Returns at once. */
  told(id: string, isHalted: boolean): void {
    const record = this.#options.table.get(id)
    if (record === undefined || isHalted === shouldBeHalted(record)) return
    this.doubt(id)
  }

  /** What is known of it may be wrong. Returns at once. */
  doubt(id: string): void {
    if (this.#asking.has(id) || this.#stop.signal.aborted) return
    this.#asking.add(id)
    this.#background.run('check whether a container is paused', () => this.#look(id))
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#background.settled()
  }

  async #look(id: string): Promise<void> {
    const { engine, table, clock, onEngineAway } = this.#options
    try {
      for (let waitMs = this.#echoMs(id); waitMs > 0; waitMs = this.#echoMs(id)) {
        await clock.sleep(waitMs, this.#stop.signal)
      }
    } catch {
      return
    }
    // Whatever is told from here on is newer than the answer may be.
    this.#asking.delete(id)
    if (table.get(id)?.isRunning !== true) return
    try {
      const details = await engine.inspectContainer(id)
      const record = table.get(id)
      if (record === undefined || details === null) return
      if (this.#echoMs(id) > 0) this.doubt(id)
      else if (details.state === 'paused' || details.state === 'running')
        this.#learned(record, details.state === 'paused')
    } catch (error) {
      if (!(error instanceof EngineAway)) throw error
      // It has everything looked at when it is back.
      onEngineAway(error)
    }
  }

  /** How long to wait until the engine's word on this container counts; 0 or less: it counts. */
  #echoMs(id: string): number {
    const record = this.#options.table.get(id)
    if (record === undefined) return 0
    if (record.turning !== null) return ECHO_MS
    return record.turnedAtMs === 0 ? 0 : record.turnedAtMs + ECHO_MS - this.#options.clock.now()
  }

  /**
   * Somebody's hand. A halted one would let calls hang: it is probed until it goes on, or replaced when it
   * does not. A frozen one that goes on has to show that it answers, and may be frozen again.
   */
  #learned(record: ReplicaRecord, isHalted: boolean): void {
    if (isHalted === shouldBeHalted(record)) return
    const { table, onUnready } = this.#options
    const { id, state } = record.replica
    const isFrozen = state === 'frozen'
    const isOut = isHalted ? state === 'ready' : isFrozen
    table.change(id, { isPaused: isHalted, ...(isOut && { state: 'starting' }) })
    if (isHalted || isFrozen) onUnready(id)
  }
}

/** Whether its processes are halted by what is known; while it is being turned, by what will come of that. */
function shouldBeHalted({ replica, isPaused, turning }: ReplicaRecord): boolean {
  if (turning !== null) return turning === 'pause'
  return isPaused || replica.state === 'frozen'
}
