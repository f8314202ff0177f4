import type { DeployedFunction, Revision } from '../../../core/functions/function-spec.ts'
import { NO_SETBACKS, type Setbacks } from './setbacks.ts'

/** A revision that should run, and its progress. */
export interface Attempt {
  /** The function in this revision. */
  fn: DeployedFunction
  /** The image that we pulled; used while the registry has none for this revision. */
  fetched: string | null
  setbacks: Setbacks
  /** The last setback was that no replica could be created, not that one died. */
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
  /** Serves until the newest is ready; null when there is none. */
  lastGood: Attempt | null
  /** A replica of the last good revision was seen while the newest was wanted. */
  wasServed: boolean
}

/**
 * The state after `fn` was applied, with what is known about its revisions. Null: `fn` is older than the
 * desired one.
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

/** Ends the rest until the next `applied` says otherwise. */
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

/** The function with an earlier revision as its newest. */
function asDeployed(fn: DeployedFunction, revision: Revision): DeployedFunction {
  const { lastGood: _, ...rest } = fn
  return { ...rest, ...revision, isProved: true }
}
