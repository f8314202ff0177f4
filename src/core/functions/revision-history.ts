import { FaasError } from '../errors.ts'
import { isDev } from './dev-mode.ts'
import type { FunctionCondition } from './function-condition.ts'
import type { DeployedFunction, EarlierRevision, FunctionSpec, Revision, StringMap } from './function-spec.ts'

/** What became of a revision, in one word. */
export type RevisionState =
  /** It takes calls. */
  | 'serving'
  /** It is the newest and takes no calls yet. */
  | 'newest'
  /** It takes no calls, and was ready once. */
  | 'good'
  /** It takes no calls because something went wrong with it. */
  | 'failed'
  /** It was replaced before it was ready, and nothing is known to be wrong with it. */
  | 'unproved'

/** One line of the history of a function. */
export interface HistoryEntry {
  readonly revision: number
  readonly image: string
  /** Milliseconds since the epoch. */
  readonly deployedAtMs: number
  readonly state: RevisionState
  /** Whether it was ever ready, as far as is known. */
  readonly wasReady: boolean
  /**
   * Of the newest as the status has it now; of an earlier one as the status had it when it was replaced.
   * Empty when nothing was wrong, or known to be.
   */
  readonly reason: string
  /**
   * The fields that differ from the revision before it, never their values. Null when that one is not kept,
   * or there is none.
   */
  readonly changed: readonly string[] | null
  /** Somebody worked on it with `sampan dev`: what it ran need not have been its image. */
  readonly isDev: boolean
}

/**
 * The revisions of a function, newest first; `earlier` are those before its newest in that order. Pure.
 */
export function revisionHistory(
  fn: DeployedFunction,
  earlier: readonly EarlierRevision[],
  condition: FunctionCondition | null,
): readonly HistoryEntry[] {
  const newest: EarlierRevision = {
    ...fn,
    body: '',
    deployedAtMs: fn.updatedAtMs,
    wasReady: fn.isProved ?? false,
    reason: condition?.reason ?? '',
  }
  const all = [newest, ...earlier]
  return all.map((each, at) => {
    const before = all[at + 1]
    return {
      revision: each.revision,
      image: each.spec.image,
      deployedAtMs: each.deployedAtMs,
      state: stateOf(each, condition, each === newest),
      wasReady: each.wasReady,
      reason: each.reason,
      changed: before === undefined ? null : changedFields(before, each),
      isDev: isDev(each.spec.annotations),
    }
  })
}

/**
 * What keeps the newest revision from being in service, as its status says it. Empty when it is in service,
 * or when it just takes its time. Pure.
 */
export function whyNotInService(condition: FunctionCondition | null): string {
  if (condition === null || condition.serving?.revision === condition.revision) return ''
  return condition.state === 'failing' || condition.state === 'degraded' ? condition.reason : ''
}

/** The fields by which `after` differs from `before`; those of maps as `map.key`. Never a value. Pure. */
export function changedFields(before: Revision, after: Revision): readonly string[] {
  const [one, other] = [before.spec, after.spec]
  const fields = PLAIN.filter((field) => JSON.stringify(one[field]) !== JSON.stringify(other[field]))
  const keys = MAPS.flatMap((field) => changedKeys(field, { ...one[field] }, { ...other[field] }))
  // The same name, and another image behind it. Unknown while one of the two was never here.
  const isOther = before.artifact !== null && after.artifact !== null && before.artifact !== after.artifact
  return [...fields, ...keys, ...(isOther && !fields.includes('image') ? ['artifact'] : [])]
}

/**
 * The revision that a rollback returns to: the one that was asked for, else the last good one before the
 * newest. Throws `invalid`, naming the field. Pure.
 */
export function revisionToReturnTo(
  fn: DeployedFunction,
  earlier: readonly EarlierRevision[],
  wanted: number | undefined,
): EarlierRevision {
  if (wanted === fn.revision) throw invalid(`${wanted} is the newest already`)
  // What was changed in place is not what its image has: nobody returns to it but by its number.
  const isUsual = (one: EarlierRevision): boolean => one.wasReady && !isDev(one.spec.annotations)
  const found = earlier.find((one) => (wanted === undefined ? isUsual(one) : one.revision === wanted))
  if (found !== undefined) return found

  const kept = earlier.map(({ revision }) => revision).join(', ')
  if (kept === '') throw invalid(`none before ${fn.revision}, the newest, is kept`)
  if (wanted !== undefined) throw invalid(`${wanted} is not kept; those that are: ${kept}`)
  throw invalid(`none before ${fn.revision}, the newest, was ever ready; name one of ${kept}`)
}

const PLAIN = [
  'image',
  'envProcess',
  'constraints',
  'secrets',
  'readOnlyRootFilesystem',
] as const satisfies readonly (keyof FunctionSpec)[]

const MAPS = [
  'envVars',
  'labels',
  'annotations',
  'limits',
  'requests',
] as const satisfies readonly (keyof FunctionSpec)[]

function changedKeys(field: string, one: StringMap, other: StringMap): readonly string[] {
  const keys = new Set([...Object.keys(one), ...Object.keys(other)])
  return [...keys].filter((key) => one[key] !== other[key]).map((key) => `${field}.${key}`)
}

function stateOf(
  { revision, wasReady, reason }: EarlierRevision,
  condition: FunctionCondition | null,
  isNewest: boolean,
): RevisionState {
  if (condition?.serving?.revision === revision) return 'serving'
  if (isNewest && whyNotInService(condition) !== '') return 'failed'
  if (wasReady) return 'good'
  if (isNewest) return 'newest'
  return reason === '' ? 'unproved' : 'failed'
}

function invalid(what: string): FaasError {
  return new FaasError('invalid', `revision: ${what}`)
}
