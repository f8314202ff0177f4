import type { Clock } from '../../../clock.ts'
import type { PullRequest } from '../engine/pull-request.ts'

/** What a pull needs of `engine.ts`. */
export interface PullEngine {
  /**
   * Resolves when the engine has the image. Throws `unavailable` when the engine is unreachable, otherwise an
   * error with the engine's own words. An abort ends the request, and the engine stops the pull.
   */
  pullImage(pull: PullRequest, signal: AbortSignal): Promise<void>
}

/**
 * Longest wait for the first progress when a local image can be used instead: an unreachable registry would
 * hang for minutes.
 */
const FIRST_SIGN_MS = 5_000
/**
 * Longest time without progress during a pull. Unpacking a layer on a slow card reports nothing for a while.
 */
const SILENCE_MS = 180_000
const WHOLE_PULL_MS = 30 * 60_000

/** The bounds of a pull. */
export interface PullBounds {
  readonly clock: Clock
  /** There is a local image: give up early. */
  readonly hasAlternative: boolean
  readonly signal: AbortSignal
}

/** Pulls within the bounds. Throws the engine's error, or one that names the exceeded bound. */
export async function pullWithin(
  bounds: PullBounds,
  engine: PullEngine,
  request: PullRequest,
): Promise<void> {
  const { clock, hasAlternative, signal } = bounds
  const limit = new AbortController()
  const giveUpAfter = (ms: number) =>
    clock.after(ms, () => limit.abort(new Error(`without progress for ${Math.round(ms / 1_000)} s`)))

  const cancelWhole = clock.after(WHOLE_PULL_MS, () =>
    limit.abort(new Error(`not done within ${WHOLE_PULL_MS / 60_000} minutes, timed out`)),
  )
  let cancelSilence = giveUpAfter(hasAlternative ? FIRST_SIGN_MS : SILENCE_MS)
  const onProgress = () => {
    cancelSilence()
    cancelSilence = giveUpAfter(SILENCE_MS)
  }

  try {
    await engine.pullImage({ ...request, onProgress }, AbortSignal.any([limit.signal, signal]))
  } catch (error) {
    throw limit.signal.aborted ? limit.signal.reason : error
  } finally {
    cancelSilence()
    cancelWhole()
  }
}
