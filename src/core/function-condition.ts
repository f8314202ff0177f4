import type { FunctionName } from './function-name.ts'
import { logCommand } from './log-command.ts'

/** How a function does, in one word. */
export type FunctionState =
  /** It takes calls. */
  | 'ready'
  /** It takes none yet: its image is fetched, its container made, or its program starts. */
  | 'starting'
  /** An older revision takes calls until the newest is ready. */
  | 'updating'
  /** It takes calls, but not as it was deployed: with fewer replicas, or by an older revision. */
  | 'degraded'
  /** It takes none, and something went wrong. */
  | 'failing'
  /** Scaled to zero: the next call wakes it. */
  | 'sleeping'

/**
 * A revision, and the image by the name that it was deployed under; empty when that is not known any more.
 */
export interface NamedRevision {
  readonly revision: number
  readonly image: string
}

/** How a function does, and why. */
export interface FunctionCondition {
  readonly state: FunctionState
  /** What stands in its way and what to do, without a full stop. Empty when nothing does. */
  readonly reason: string
  /** The last lines that a replica of it wrote before it died. They may hold anything: not for callers. */
  readonly lastWords: readonly string[]
  /** The newest revision. */
  readonly revision: number
  /** Which revision takes calls; null when none does. */
  readonly serving: NamedRevision | null
}

/** What is said of the first moments of a start that goes as it should. */
export const USUAL_START = { made: 'its container is being made', starting: 'it is still starting' } as const

/**
 * Whether a person who asks how the function does should read the reason: something is wrong, or takes its
 * time. Pure.
 */
export function isWorthTelling({ state, reason }: FunctionCondition): boolean {
  if (state === 'failing' || state === 'degraded') return true
  return state === 'starting' && reason !== USUAL_START.made && reason !== USUAL_START.starting
}

/** What a condition is made of. */
export interface ConditionFacts {
  readonly fn: FunctionName
  readonly newest: NamedRevision
  readonly lastGood: NamedRevision | null
  /** Why that one has no replica either; empty where nothing went wrong with it. */
  readonly lastGoodObstacle: string
  /** Replicas wanted. */
  readonly desired: number
  /** Of the replicas that take calls, their revisions. */
  readonly ready: readonly number[]
  /**
   * Why the newest revision has no replica (or not as many as wanted) that takes calls; completes "it is not
   * ready: …".
   */
  readonly obstacle: string
  /** The obstacle does not go away by itself soon. */
  readonly isTrouble: boolean
  readonly lastWords: readonly string[]
}

/** Facts to words. Pure. */
export function conditionOf(facts: ConditionFacts): FunctionCondition {
  const { newest, desired, isTrouble, lastWords } = facts
  const serving = servingOf(facts)
  const said = (state: FunctionState, reason: string): FunctionCondition => {
    return { state, reason, lastWords: reason === '' ? [] : lastWords, revision: newest.revision, serving }
  }
  if (desired === 0) return said('sleeping', '')
  const because = isTrouble ? explained(facts) : facts.obstacle
  if (serving === null) return said(isTrouble ? 'failing' : 'starting', because + neither(facts))
  if (serving.revision !== newest.revision) {
    return isTrouble
      ? said('degraded', `${named(newest)} is not in service: ${because}; ${named(serving)} serves`)
      : said('updating', `${named(serving)} serves until ${named(newest)} is ready: ${because}`)
  }
  const count = facts.ready.filter((revision) => revision === newest.revision).length
  if (count >= desired) return said('ready', '')
  return said(isTrouble ? 'degraded' : 'ready', `${count} of ${desired} replicas take calls: ${because}`)
}

/** The newest that takes calls. */
function servingOf({ ready, newest, lastGood }: ConditionFacts): NamedRevision | null {
  if (ready.length === 0) return null
  const revision = Math.max(...ready)
  return [newest, lastGood].find((one) => one?.revision === revision) ?? { revision, image: '' }
}

/** With the place where more is written, where a program said something. */
function explained({ fn, obstacle, lastWords }: ConditionFacts): string {
  return lastWords.length === 0 || obstacle.includes('faas-cli logs')
    ? obstacle
    : `${obstacle} (${logCommand(fn)} shows what it wrote)`
}

function neither({ lastGood, lastGoodObstacle }: ConditionFacts): string {
  if (lastGood === null || lastGoodObstacle === '') return ''
  return `; ${named(lastGood)}, which served before, is not available either: ${lastGoodObstacle}`
}

function named({ revision, image }: NamedRevision): string {
  return image === '' ? `revision ${revision}` : `revision ${revision} (${image})`
}
