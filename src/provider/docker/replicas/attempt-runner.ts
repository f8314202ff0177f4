import { setMaxListeners } from 'node:events'
import type { Clock } from '../../../clock.ts'
import { FaasError, messageOf } from '../../../core/errors.ts'
import type { FunctionName } from '../../../core/function-name.ts'
import type { DeployedFunction, FunctionSpec } from '../../../core/function-spec.ts'
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
    /** Null when the engine has not got the image. `isExact`: only the pinned image will do. */
    prepare(fn: DeployedFunction, isExact: boolean): Promise<Blueprint | null>
    make(blueprint: Blueprint): Promise<string>
  }
  readonly onEngineAway: (error: EngineAway) => void
  readonly fetchImage: (spec: FunctionSpec, signal: AbortSignal) => Promise<{ readonly id: string }>
  /** A replica was started: find out when it is ready. */
  readonly onStarted: (id: string) => void
  /** False once it was superseded or removed: what goes wrong concerns nobody then. */
  readonly isCurrent: (attempt: Attempt) => boolean
  /** The revisions of the replicas that take calls. */
  readonly serving: (fn: FunctionName) => readonly number[]
  /** A replica died or could not be made, and nobody knows better of its revision yet. */
  readonly onSetback: (fn: FunctionName) => void
  /** Look at the function again. */
  readonly nudge: (fn: FunctionName) => void
}

/** New replicas of one function in one round: a change of mind must not wait for a hundred starts. */
const BATCH = 4

/** The log messages: a replica that ran has failed, or none could be started. */
const FAILURES = { died: 'replica failed, will retry', unmade: 'replica start failed, will retry' } as const

/**
 * Makes replicas of one revision, fetches its image before, and waits ever longer after each setback, so that
 * what cannot run is not tried in a hot loop.
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

  /**
   * `isLastGood`: it is made of the very image that it ran on, or not at all. Failures are setbacks. Never
   * rejects.
   */
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

  /** Ends what waits for an image. */
  interrupt(): void {
    this.#stopping.abort()
  }

  /** Resolves when nothing is under way any more. */
  settled(): Promise<void> {
    return this.#background.settled()
  }

  async #prepare({ fn, fetched }: Attempt, isLastGood: boolean): Promise<Blueprint | null> {
    const artifact = fn.artifact ?? fetched
    // Accepted before its pull was done: what the engine has under the name until then is likely the image
    // before.
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
