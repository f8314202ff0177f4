/** The parts of a call's target: the function, and the path that the function sees. */
export interface CallTarget {
  /** As written: `name` or `name.namespace`; may be no legal name at all. */
  readonly fn: string
  /** Path and query for the function, byte for byte. */
  readonly path: string
}

/**
 * Splits a target such as `/function/NAME/path?query`, which has no scheme and host any more; null when it
 * does not begin with `prefix`. Nothing is decoded or normalized: a name is looked up as written, so no
 * spelling can reach another route (http-api 7.3). Runs on every call.
 */
export function parseCallTarget(target: string, prefix: string): CallTarget | null {
  if (!target.startsWith(prefix)) return null

  const mark = target.indexOf('?', prefix.length)
  const slash = target.indexOf('/', prefix.length)
  const hasPath = slash >= 0 && (mark < 0 || slash < mark)
  // A trailing question mark alone is not a query.
  const end = mark >= 0 && mark === target.length - 1 ? mark : target.length
  if (hasPath) return { fn: target.slice(prefix.length, slash), path: target.slice(slash, end) }
  if (mark < 0) return { fn: target.slice(prefix.length), path: '/' }
  return { fn: target.slice(prefix.length, mark), path: `/${target.slice(mark, end)}` }
}
