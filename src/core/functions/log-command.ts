import { DEFAULT_NAMESPACE, type FunctionName, nameOf, namespaceOf } from './function-name.ts'

/** What to type to read what a function wrote. */
export function logCommand(fn: FunctionName): string {
  const namespace = namespaceOf(fn)
  return `faas-cli logs ${nameOf(fn)}${namespace === DEFAULT_NAMESPACE ? '' : ` -n ${namespace}`}`
}
