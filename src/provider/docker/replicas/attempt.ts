import type { DeployedFunction, Revision } from '../../../core/function-spec.ts'
import { NO_SETBACKS, type Setbacks } from './setbacks.ts'

/** A revision that is to run, and how that goes. */
export interface Attempt {
  /** The function as this revision has it. */
  fn: DeployedFunction
  /** The image that a fetch of ours found; it counts while the registry has none for this revision. */
  fetched: string | null
  setbacks: Setbacks
  /** The last setback was that no replica could be made, and not that one died. */
  isUnmade: boolean
  isFetching: boolean
  cancelRetry: () => void
  /** The last lines of the replica that died last. */
  lastWords: readonly string[]
}

/** A function that should exist. */
export interface Desired {
  /** The newest revision. */
  newest: Attempt
  /** What serves until the newest is ready; null when there is none. */
  lastGood: Attempt | null
  /** A replica of the last good revision was seen while the newest was wanted. */
  wasServed: boolean
}

/**
 * The state after `fn` was applied. What is known of a revision stays known; null: `fn` is older than what is
 * desired.
 */
export function applied(before: Desired | undefined, fn: DeployedFunction): Desired | null {
  if (before !== undefined && before.newest.fn.revision > fn.revision) return null
  const known = before === undefined ? [] : attemptsOf(before)
  const newest = resumed(known, fn)
  const lastGood = fn.lastGood === undefined ? null : resumed(known, asDeployed(fn, fn.lastGood))
  for (const attempt of known) {
    if (attempt !== newest && attempt !== lastGood) attempt.cancelRetry()
  }
  return { newest, lastGood, wasServed: before?.newest === newest && before.wasServed }
}

export function attemptsOf({ newest, lastGood }: Desired): readonly Attempt[] {
  return lastGood === null ? [newest] : [newest, lastGood]
}

/** Until the next `applied` says otherwise. */
export function endRest(desired: Desired): void {
  for (const attempt of attemptsOf(desired)) attempt.fn = { ...attempt.fn, isResting: false }
}

function resumed(known: readonly Attempt[], fn: DeployedFunction): Attempt {
  const attempt = known.find((one) => one.fn.revision === fn.revision)
  if (attempt === undefined) {
    const nothingYet = {
      fetched: null,
      isUnmade: false,
      isFetching: false,
      cancelRetry: () => {},
      lastWords: [],
    }
    return { fn, setbacks: NO_SETBACKS, ...nothingYet }
  }
  attempt.fn = fn
  return attempt
}

/** The function as if an earlier revision of it were the newest. */
function asDeployed(fn: DeployedFunction, revision: Revision): DeployedFunction {
  const { lastGood: _, ...rest } = fn
  return { ...rest, ...revision, isProved: true }
}
