import { FaasError } from '../../core/errors.ts'
import {
  checkLabel,
  DEFAULT_NAMESPACE,
  parseFunctionName,
  type FunctionName,
} from '../../core/functions/function-name.ts'
import { quoted } from '../../core/quoted.ts'
import type { ApiContext } from '../shared/api-context.ts'

/** The last value of a query parameter, empty when there is none. */
export function queryValue(c: ApiContext, name: string): string {
  return c.req.queries(name)?.at(-1) ?? ''
}

/** The texts that Go's `ParseBool` accepts as true. */
const TRUE: ReadonlySet<string> = new Set(['1', 't', 'T', 'true', 'True', 'TRUE'])

/** Whether the text of a query parameter says yes. */
export function saysYes(text: string): boolean {
  return TRUE.has(text)
}

/**
 * The namespace of the request: from the body, else the query, else the default. Throws `invalid` when it
 * cannot be a namespace.
 */
export function namespaceFor(c: ApiContext, fromBody = ''): string {
  const namespace = fromBody || queryValue(c, 'namespace') || DEFAULT_NAMESPACE
  checkLabel('namespace', namespace)
  return namespace
}

/**
 * The function meant by `text`, which may carry its namespace as a suffix. Throws `not-found` when no
 * function can have that name.
 */
export function functionFor(c: ApiContext, text: string, namespaceInBody = ''): FunctionName {
  const namespace = namespaceFor(c, namespaceInBody)
  const fn = parseFunctionName(text, namespace)
  if (fn === null) {
    throw new FaasError('not-found', `function ${quoted(text)} does not exist`)
  }
  c.set('subject', fn)
  return fn
}
