import { FaasError } from '../errors.ts'
import { quoted } from '../quoted.ts'

/**
 * A function's full name, `name.namespace`: the key of every map, the value of every `function_name` label.
 * Neither part contains a dot, so the text is unambiguous.
 */
export type FunctionName = string & { readonly __brand: 'FunctionName' }

/**
 * The namespace that always exists. `faas-cli invoke` sends this literal, so it cannot be renamed (http-api,
 * names).
 */
export const DEFAULT_NAMESPACE = 'openfaas-fn'

/** DNS-1123 label: what a function and a namespace may be called. */
const DNS_LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/** Builds a full name; throws `invalid`, naming `field`, unless both parts are DNS-1123 labels. */
export function functionName(name: string, namespace: string = DEFAULT_NAMESPACE): FunctionName {
  checkLabel('service', name)
  checkLabel('namespace', namespace)
  return `${name}.${namespace}` as FunctionName
}

/**
 * Throws `invalid` with a sentence that names `field` unless `value` is a DNS-1123 label of 1 to 63
 * characters.
 */
export function checkLabel(field: string, value: string): void {
  if (DNS_LABEL.test(value)) return
  throw new FaasError(
    'invalid',
    `${field}: ${quoted(value)} must be 1 to 63 lower-case letters, digits or '-', and begin and end with a letter or digit`,
  )
}

/**
 * The full name meant by the text of a URL (`name` or `name.namespace`), or null when no function can have
 * that name. Splits at the last dot, as OpenFaaS does.
 */
export function parseFunctionName(text: string, namespace: string = DEFAULT_NAMESPACE): FunctionName | null {
  const dot = text.lastIndexOf('.')
  const name = dot < 0 ? text : text.slice(0, dot)
  const space = dot < 0 ? namespace : text.slice(dot + 1)
  if (!DNS_LABEL.test(name) || !DNS_LABEL.test(space)) return null
  return `${name}.${space}` as FunctionName
}

/** The error for a function that does not exist. */
export function unknownFunction(fn: FunctionName): FaasError {
  return new FaasError('not-found', `function ${fn} does not exist`)
}

/** The part before the dot. */
export function nameOf(fn: FunctionName): string {
  return fn.slice(0, fn.lastIndexOf('.'))
}

/** The part after the dot. */
export function namespaceOf(fn: FunctionName): string {
  return fn.slice(fn.lastIndexOf('.') + 1)
}
