import { CALL_PREFIX } from '../shared/call-routes.ts'

/** What the target of a call says: which function, and what it shall see. */
export interface CallTarget {
  /** As written: `name` or `name.namespace`; may be no legal name at all. */
  readonly fn: string
  /** Path and query for the function, byte for byte. */
  readonly path: string
}

/**
 * Splits a target such as `/function/NAME/path?query`, from which scheme and host are taken off already; null
 * when it is not of this form. Nothing is decoded or cleaned: a name is looked up as it stands, so no
 * spelling can reach another route (http-api 7.3). Runs on every call.
 */
export function parseCallTarget(target: string): CallTarget | null {
  if (!target.startsWith(CALL_PREFIX)) return null

  const mark = target.indexOf('?', CALL_PREFIX.length)
  const slash = target.indexOf('/', CALL_PREFIX.length)
  const hasPath = slash >= 0 && (mark < 0 || slash < mark)
  // A bare question mark is no query.
  const end = mark >= 0 && mark === target.length - 1 ? mark : target.length
  if (hasPath) return { fn: target.slice(CALL_PREFIX.length, slash), path: target.slice(slash, end) }
  if (mark < 0) return { fn: target.slice(CALL_PREFIX.length), path: '/' }
  return { fn: target.slice(CALL_PREFIX.length, mark), path: `/${target.slice(mark, end)}` }
}
