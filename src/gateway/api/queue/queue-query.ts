import { FaasError } from '../../../core/errors.ts'
import { parseFunctionName, type FunctionName } from '../../../core/functions/function-name.ts'
import { CALL_STATES, DEATH_REASONS, type QueuedCallQuery } from '../../../core/calls/queued-call.ts'
import type { DeadLetterFilter } from '../../../core/calls/queue-report.ts'
import { quoted, shortened } from '../../../core/quoted.ts'
import type { ApiContext } from '../../shared/api-context.ts'
import { timeOf } from '../logs/log-query.ts'
import { namespaceFor, queryValue } from '../request-values.ts'

/** Calls on a page. */
const USUAL_PAGE = 100
const MOST_PAGE = 1_000

/** Ids of calls are ULIDs. */
const CALL = /^[0-9A-HJKMNP-TV-Z]{26}$/

/**
 * Throws `invalid` for a parameter that is not among `names`, or has no value. What these routes do to all calls
 * when nothing is asked for they must not do because of a mistyped name or an unset variable of a script.
 */
function checkNames(c: ApiContext, names: readonly string[]): void {
  for (const [name, values] of Object.entries(c.req.queries())) {
    if (!names.includes(name))
      throw new FaasError('invalid', `${shortened(name)}: is no parameter here, known: ${names.join(', ')}`)
    if (values.at(-1) === '') throw new FaasError('invalid', `${name}: is empty, leave it out for all`)
  }
}

export const PURGE_QUERY = ['function', 'namespace'] as const

/** Undefined: all functions. */
export function purgeQuery(c: ApiContext): FunctionName | undefined {
  checkNames(c, PURGE_QUERY)
  return functionIn(c)
}

export const CALLS_QUERY = ['state', 'function', 'namespace', 'callId', 'since', 'limit', 'cursor'] as const

export function callsQuery(c: ApiContext): QueuedCallQuery {
  checkNames(c, CALLS_QUERY)
  const callId = queryValue(c, 'callId')
  return {
    ...defined({
      state: oneOf(c, 'state', CALL_STATES),
      fn: functionIn(c),
      callId: callId === '' ? undefined : callId,
      sinceMs: timeIn(c, 'since'),
    }),
    ...pageOf(c),
  }
}

export const LETTERS_QUERY = ['function', 'namespace', 'reason', 'limit', 'cursor'] as const

export function lettersQuery(c: ApiContext): QueuedCallQuery {
  checkNames(c, LETTERS_QUERY)
  const which = { fn: functionIn(c), reason: oneOf(c, 'reason', DEATH_REASONS) }
  return { isDead: true, ...defined(which), ...pageOf(c) }
}

export const FILTER_QUERY = ['function', 'namespace', 'reason', 'before'] as const

export function letterFilter(c: ApiContext): DeadLetterFilter {
  checkNames(c, FILTER_QUERY)
  return defined({
    fn: functionIn(c),
    reason: oneOf(c, 'reason', DEATH_REASONS),
    beforeMs: timeIn(c, 'before'),
  })
}

/** One page of what was `found`, which is one more than `limit` where there is another page. */
export function pageIn<T extends { readonly id: string }>(
  found: readonly T[],
  limit: number,
): { readonly page: readonly T[]; readonly next?: string } {
  const page = found.slice(0, limit)
  const last = page.at(-1)
  return found.length > limit && last !== undefined ? { page, next: last.id } : { page }
}

function functionIn(c: ApiContext): FunctionName | undefined {
  const text = queryValue(c, 'function')
  const namespace = namespaceFor(c)
  if (text === '') {
    if (queryValue(c, 'namespace') === '') return undefined
    throw new FaasError('invalid', 'namespace: is the one of function, which is missing')
  }
  const fn = parseFunctionName(text, namespace)
  if (fn === null) throw new FaasError('invalid', `function: no function can be called ${quoted(text)}`)
  c.set('subject', fn)
  return fn
}

function oneOf<T extends string>(c: ApiContext, name: string, known: readonly T[]): T | undefined {
  const text = queryValue(c, name)
  if (text === '') return undefined
  const found = known.find((each) => each === text)
  if (found !== undefined) return found
  throw new FaasError('invalid', `${name}: must be one of ${known.join(', ')}`)
}

function timeIn(c: ApiContext, name: string): number | undefined {
  const text = queryValue(c, name)
  if (text === '') return undefined
  const ms = timeOf(text)
  if (ms !== null) return ms
  throw new FaasError('invalid', `${name}: must be a time as in RFC 3339, such as 2026-01-02T15:04:05Z`)
}

function pageOf(c: ApiContext): { readonly limit: number; readonly before?: string } {
  const text = queryValue(c, 'limit') || String(USUAL_PAGE)
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0
  if (limit < 1 || limit > MOST_PAGE)
    throw new FaasError('invalid', `limit: must be a whole number from 1 to ${MOST_PAGE}`)
  const before = queryValue(c, 'cursor')
  if (before === '') return { limit }
  if (!CALL.test(before)) throw new FaasError('invalid', 'cursor: must be "next" of the page before')
  return { limit, before }
}

/** What is undefined is left out. */
function defined<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined)
  return Object.fromEntries(given) as { [K in keyof T]?: Exclude<T[K], undefined> }
}
