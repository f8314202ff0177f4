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
 * For this long after we froze or thawed a container, the engine's state of it is not reliable. Docker
 * records and reports a pause twice: when it was asked for, and when the runtime reports it. The second
 * report may come after we have changed the container again, and until the next one Docker itself has the
 * wrong state (seen on 20.10 and 28; moby, `daemon/monitor.go`).
 */
const ECHO_MS = 1_000

/**
 * Finds out whether we or somebody else paused or unpaused a container. Events and lists are only a reason to
 * check: the container is inspected when delayed reports of our own operations can no longer come.
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

  /** The engine reported that its processes are halted, or not. Returns at once. */
  told(id: string, isHalted: boolean): void {
    const record = this.#options.table.get(id)
    if (record === undefined || isHalted === shouldBePaused(record)) return
    this.doubt(id)
  }

  /** Its record may be wrong. Returns at once. */
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
    // Reports from here on may be newer than the answer.
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
      // Its return causes a full look.
      onEngineAway(error)
    }
  }

  /** How long to wait until the engine's state of this container is reliable; 0 or less: it is. */
  #echoMs(id: string): number {
    const record = this.#options.table.get(id)
    if (record === undefined) return 0
    if (record.turning !== null) return ECHO_MS
    return record.turnedAtMs === 0 ? 0 : record.turnedAtMs + ECHO_MS - this.#options.clock.now()
  }

  /**
   * Somebody paused or unpaused it by hand. Calls to a paused one would hang, so it is probed until it
   * continues, and replaced if it does not. A frozen one that was unpaused must pass a probe, and may be
   * frozen again.
   */
  #learned(record: ReplicaRecord, isHalted: boolean): void {
    if (isHalted === shouldBePaused(record)) return
    const { table, onUnready } = this.#options
    const { id, state } = record.replica
    const isFrozen = state === 'frozen'
    const isOut = isHalted ? state === 'ready' : isFrozen
    table.change(id, { isPaused: isHalted, ...(isOut && { state: 'starting' }) })
    if (isHalted || isFrozen) onUnready(id)
  }
}

/**
 * Whether the engine should take it for paused according to its record; during a freeze or thaw, after that
 * has ended.
 */
function shouldBePaused({ replica, isPaused, turning, frozenIn }: ReplicaRecord): boolean {
  if (frozenIn !== null) return false
  if (turning !== null) return turning === 'pause'
  return isPaused || replica.state === 'frozen'
}
