import { CliError } from '../cli-error.ts'

/**
 * Path and query of a call. The namespace is always there, also when the name has a dot, as in faas-cli (cli.md 3.10).
 */
export function callTarget(asked: {
  readonly name: string
  readonly namespace: string
  readonly isAsync: boolean
  readonly query: readonly string[]
}): string {
  const { name, namespace, isAsync, query } = asked
  const path = `${name}.${namespace}`.split('/').map(encodeURIComponent).join('/')
  const pairs = query.map(pairIn).toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  const text = pairs.map(([key, value]) => `${escaped(key)}=${escaped(value)}`).join('&')
  return `/${isAsync ? 'async-function' : 'function'}/${path}${text === '' ? '' : `?${text}`}`
}

function pairIn(text: string): readonly [string, string] {
  const at = text.indexOf('=')
  if (at > 0 && at < text.length - 1) return [text.slice(0, at), text.slice(at + 1)]
  throw new CliError(`the --query flag must take the form of key=value, and "${text}" has not`)
}

/** As Go's `QueryEscape`. */
function escaped(text: string): string {
  return encodeURIComponent(text)
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+')
}
