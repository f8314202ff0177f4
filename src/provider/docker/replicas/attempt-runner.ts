import { setMaxListeners } from 'node:events'
import type { Clock } from '../../../clock.ts'
import { FaasError, messageOf } from '../../../core/errors.ts'
import type { FunctionName } from '../../../core/functions/function-name.ts'
import type { DeployedFunction, FunctionSpec } from '../../../core/functions/function-spec.ts'
import { afterSetback } from './setbacks.ts'
import type { Log } from '../../../log.ts'
import type { Attempt } from './attempt.ts'
import { Background } from '../../../work/background.ts'
import { EngineAway } from '../engine/errors.ts'
import type { Blueprint } from './replica-maker.ts'

export interface AttemptRunnerOptions {
  readonly clock: Clock
  readonly log: Log
  readonly maker: {
    /** Null when the engine does not have the image. `isExact`: accept only the pinned image. */
    prepare(fn: DeployedFunction, isExact: boolean): Promise<Blueprint | null>
    make(blueprint: Blueprint): Promise<string>
  }
  readonly onEngineAway: (error: EngineAway) => void
  readonly fetchImage: (spec: FunctionSpec, signal: AbortSignal) => Promise<{ readonly id: string }>
  /** A replica was started: starts to probe it. */
  readonly onStarted: (id: string) => void
  /** False after it was superseded or removed: its failures no longer matter then. */
  readonly isCurrent: (attempt: Attempt) => boolean
  /** The revisions of the replicas that take calls. */
  readonly serving: (fn: FunctionName) => readonly number[]
  /** A replica died or could not be created. */
  readonly onSetback: (fn: FunctionName) => void
  /** Asks for another round of the function. */
  readonly nudge: (fn: FunctionName) => void
}

/**
 * Most new replicas of one function per round, so that a changed count does not wait for a hundred starts.
 */
const BATCH = 4

/** Log messages: a running replica failed, or none could be started. */
const FAILURES = { died: 'replica failed, will retry', unmade: 'replica start failed, will retry' } as const

/**
 * Creates replicas of one revision, and pulls its image first. It waits longer after each setback, so that a
 * broken function is not tried in a hot loop.
 */
export class AttemptRunner {
  readonly #options: AttemptRunnerOptions
  readonly #background: Background
  readonly #stopping = new AbortController()

  constructor(options: AttemptRunnerOptions) {
    this.#options = options
    this.#background = new Background(options.log)
    setMaxListeners(0, this.#stopping.signal)
  }

  /** `isLastGood`: use only the exact image that it ran on. Failures count as setbacks. Never rejects. */
  async carryOut(attempt: Attempt, missing: number, isLastGood: boolean): Promise<void> {
    if (missing === 0 || attempt.isFetching) return
    const { clock, log, onEngineAway } = this.#options
    const waitMs = attempt.setbacks.retryAtMs - clock.now()
    if (waitMs > 0) {
      this.#retryAfter(attempt, waitMs)
      return
    }
    try {
      const blueprint = await this.#prepare(attempt, isLastGood)
      if (blueprint === null) this.#fetch(attempt)
      else await this.#make(attempt, blueprint, missing)
    } catch (error) {
      if (error instanceof EngineAway) {
        onEngineAway(error)
        return
      }
      if (!(error instanceof FaasError))
        log.error('reconcile round failed', { fn: attempt.fn.spec.name, err: error })
      this.setBack(attempt, messageOf(error), 'unmade')
    }
  }

  setBack(attempt: Attempt, reason: string, kind: keyof typeof FAILURES): void {
    const { clock, log, isCurrent, serving, onSetback, nudge } = this.#options
    const { spec, revision } = attempt.fn
    if (!isCurrent(attempt)) return
    attempt.setbacks = afterSetback(attempt.setbacks, reason, clock.now())
    attempt.isUnmade = kind === 'unmade'
    const { count, retryAtMs } = attempt.setbacks
    const retryInMs = Math.max(0, Math.round(retryAtMs - clock.now()))
    const revisions = serving(spec.name)
    const what = { fn: spec.name, revision, image: spec.image, reason, count, retryInMs }
    log.warn(FAILURES[kind], {
      ...what,
      serving: revisions.length === 0 ? null : Math.max(...revisions),
    })
    this.#retryAfter(attempt, retryInMs)
    onSetback(spec.name)
    // The last good revision may be needed from now on.
    nudge(spec.name)
  }

  /** Aborts waits for images. */
  interrupt(): void {
    this.#stopping.abort()
  }

  /** Resolves when no work is running. */
  settled(): Promise<void> {
    return this.#background.settled()
  }

  async #prepare({ fn, fetched }: Attempt, isLastGood: boolean): Promise<Blueprint | null> {
    const artifact = fn.artifact ?? fetched
    // The deploy was accepted before its pull was done. Until then the engine probably has the previous image
    // under this name.
    if (artifact === null) return null
    const blueprint = await this.#options.maker.prepare({ ...fn, artifact }, isLastGood)
    if (blueprint === null && isLastGood)
      throw new FaasError('unavailable', 'its image is not on this host any more')
    return blueprint
  }

  async #make(attempt: Attempt, blueprint: Blueprint, missing: number): Promise<void> {
    const { maker, onStarted, nudge } = this.#options
    const count = Math.min(missing, BATCH)
    const made = await Promise.allSettled(Array.from({ length: count }, () => maker.make(blueprint)))
    for (const result of made) {
      if (result.status === 'fulfilled') onStarted(result.value)
    }
    const failed = made.find((result) => result.status === 'rejected')
    if (missing > count) nudge(attempt.fn.spec.name)
    if (failed !== undefined) throw failed.reason
  }

  /** In the background: a pull may take minutes, and a round must not. */
  #fetch(attempt: Attempt): void {
    const { fetchImage, onEngineAway, nudge } = this.#options
    const { spec } = attempt.fn
    attempt.isFetching = true
    this.#background.run('fetch an image', async () => {
      try {
        const image = await fetchImage(spec, this.#stopping.signal).finally(
          () => (attempt.isFetching = false),
        )
        attempt.fetched = image.id
      } catch (error) {
        if (error instanceof EngineAway) onEngineAway(error)
        else if (!this.#stopping.signal.aborted) this.setBack(attempt, messageOf(error), 'unmade')
      } finally {
        nudge(spec.name)
      }
    })
  }

  #retryAfter(attempt: Attempt, waitMs: number): void {
    attempt.cancelRetry()
    attempt.cancelRetry = this.#options.clock.after(waitMs, () => this.#options.nudge(attempt.fn.spec.name))
  }
}
