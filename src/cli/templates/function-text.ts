// The text of a function in a stack file, and where it goes. The file is edited as text, so that comments, quotes and blank lines stay.

import { CliError } from '../cli-error.ts'

export interface NewFunction {
  readonly name: string
  readonly lang: string
  readonly handler: string
  readonly image: string
  readonly requests: { readonly cpu: string; readonly memory: string }
  readonly limits: { readonly cpu: string; readonly memory: string }
}

/** A whole stack file, as faas-cli writes it (cli.md 3.1). */
export function stackText(gateway: string, function_: NewFunction): string {
  const head = `version: 1.0\nprovider:\n  name: openfaas\n  gateway: ${gateway}\nfunctions:\n`
  return `${head}${functionText(function_, '  ')}\n`
}

/** Its lines below `functions`. */
export function functionText(
  { name, lang, handler, image, requests, limits }: NewFunction,
  indent: string,
): string {
  const lines = [`${name}:`, `  lang: ${lang}`, `  handler: ${handler}`, `  image: ${image}`]
  for (const [key, { cpu, memory }] of [
    ['requests', requests],
    ['limits', limits],
  ] as const) {
    if (cpu === '' && memory === '') continue
    lines.push(`  ${key}:`)
    if (cpu !== '') lines.push(`    cpu: ${cpu}`)
    if (memory !== '') lines.push(`    memory: ${memory}`)
  }
  return `${lines.map((line) => `${indent}${line}`).join('\n')}\n`
}

/** The names of the functions in a stack file. Throws `CliError` for what is none. */
export async function functionNames(text: string, path: string): Promise<readonly string[]> {
  const { parse } = await import('yaml')
  try {
    const parsed: unknown = parse(text, { schema: 'failsafe' })
    const functions =
      typeof parsed === 'object' && parsed !== null ? (parsed as { functions?: unknown }).functions : null
    return typeof functions === 'object' && functions !== null ? Object.keys(functions) : []
  } catch (cause) {
    throw new CliError(`${path} is no YAML, so nothing was added: ${(cause as Error).message}`, { cause })
  }
}

/** The file with one function more, under `functions` wherever that stands. Everything else is as it was. */
export async function withFunction(text: string, function_: NewFunction): Promise<string> {
  const { parseDocument, isMap, isScalar } = await import('yaml')
  const document = parseDocument(text, { schema: 'failsafe' })
  const value = document.get('functions', true)
  if (isMap(value) && value.flow !== true && value.items.length > 0) {
    const first = startOf(value.items[0]?.key)
    const at = endOfLine(text, contentEnd(value))
    return inserted(
      text,
      at,
      functionText(function_, ' '.repeat(first - (text.lastIndexOf('\n', first - 1) + 1))),
    )
  }
  const pair = isMap(document.contents)
    ? document.contents.items.find(({ key }) => isScalar(key) && key.value === 'functions')
    : undefined
  if (pair === undefined) return inserted(text, text.length, `functions:\n${functionText(function_, '  ')}`)
  const keyEnd = (pair.key as { range?: [number, number, number] }).range?.[1] ?? 0
  if (isMap(value) && value.items.length > 0) {
    // In braces: this one map is written anew.
    value.flow = false
    const { name, ...rest } = function_
    value.set(name, document.createNode({ lang: rest.lang, handler: rest.handler, image: rest.image }))
    return document.toString()
  }
  // Nothing, `~` or `{}`.
  const line = endOfLine(text, keyEnd)
  const comment = /\s#.*/.exec(text.slice(keyEnd, line))?.[0] ?? ''
  return `${text.slice(0, keyEnd)}:${comment}\n${functionText(function_, '  ')}${text.slice(line)}`
}

/** Where the last thing in it ends: the node's own end has the comments that follow it. */
function contentEnd(node: unknown): number {
  const { items, range, value } = node as {
    items?: readonly unknown[]
    range?: [number, number, number]
    value?: unknown
  }
  const last = items?.at(-1)
  if (last === undefined) {
    const nested =
      typeof value === 'object' && value !== null && !Array.isArray(value) ? contentEnd(value) : 0
    return Math.max(range?.[1] ?? 0, nested)
  }
  const inside = contentEnd(last)
  if ((node as { flow?: boolean }).flow === true) return range?.[1] ?? inside
  return inside > 0 ? inside : keyEnd(last)
}

function keyEnd(pair: unknown): number {
  return ((pair as { key?: { range?: [number, number, number] } }).key?.range?.[1] ?? 0) + 1
}

function endOfLine(text: string, at: number): number {
  if (at > 0 && text[at - 1] === '\n') return at
  const end = text.indexOf('\n', at)
  return end < 0 ? text.length : end + 1
}

function inserted(text: string, at: number, block: string): string {
  const before = text.slice(0, at)
  return `${before}${before === '' || before.endsWith('\n') ? '' : '\n'}${block}${text.slice(at)}`
}

function startOf(node: unknown): number {
  return (node as { range?: [number, number, number] } | undefined)?.range?.[0] ?? 0
}
