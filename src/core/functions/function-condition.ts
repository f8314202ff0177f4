import type { FunctionName } from './function-name.ts'
import { logCommand } from './log-command.ts'

/** How a function does, in one word. */
export type FunctionState =
  /** It takes calls. */
  | 'ready'
  /** It takes none yet: its image is being pulled, its container created, or its program is starting. */
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
  /** What keeps it from working and what to do about it, without a full stop. Empty when nothing does. */
  readonly reason: string
  /** The last lines that a replica of it wrote before it died. They may hold anything: not for callers. */
  readonly lastWords: readonly string[]
  /** The newest revision. */
  readonly revision: number
  /** Which revision takes calls; null when none does. */
  readonly serving: NamedRevision | null
}

/** The reasons given in the first moments of a normal start. */
export const USUAL_START = {
  made: 'its container is being created',
  starting: 'it is still starting',
} as const

/** Whether the reason is worth showing to a person: something is wrong, or takes long. Pure. */
export function isWorthTelling({ state, reason }: FunctionCondition): boolean {
  if (state === 'failing' || state === 'degraded') return true
  return state === 'starting' && reason !== USUAL_START.made && reason !== USUAL_START.starting
}

/** What a condition is made of. */
export interface ConditionFacts {
  readonly fn: FunctionName
  readonly newest: NamedRevision
  readonly lastGood: NamedRevision | null
  /** Why the last good revision has no replica either; empty when nothing went wrong with it. */
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
  /** The obstacle will not go away by itself soon. */
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

/** Adds where to read more, when the program wrote something. */
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
