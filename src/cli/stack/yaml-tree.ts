import { isAlias, isMap, isScalar, isSeq, LineCounter, parseAllDocuments, Scalar, type Document } from 'yaml'
import { CliError } from '../cli-error.ts'

/** A mapping's value with its key, in the order of the file. */
export interface Entry {
  readonly key: string
  readonly line: number
  readonly value: unknown
}

const NULLS: ReadonlySet<string> = new Set(['', '~', 'null', 'Null', 'NULL'])
const TRUE: ReadonlySet<string> = new Set(['true', 'True', 'TRUE', 'y', 'Y', 'yes', 'on'])
const FALSE: ReadonlySet<string> = new Set(['false', 'False', 'FALSE', 'n', 'N', 'no', 'off'])

/**
 * A YAML text, read as Go's yaml.v3 reads it into structs (cli.md 4.2): a scalar is its source text, a switch may be
 * `yes` but not quoted, a key stands once, and of several documents the first counts. What does not fit is collected, and
 * thrown together by `check`.
 */
export class YamlTree {
  readonly root: unknown
  readonly #path: string
  readonly #lines = new LineCounter()
  readonly #document: Document | null
  readonly #problems: string[] = []
  readonly #restore: (text: string) => string

  /** `restore`: the text of a scalar, for what was put into its place before the file was parsed. */
  constructor(text: string, path: string, restore: (text: string) => string = (scalar) => scalar) {
    this.#path = path
    this.#restore = restore
    const documents = parseAllDocuments(text, {
      schema: 'failsafe',
      uniqueKeys: false,
      lineCounter: this.#lines,
      logLevel: 'silent',
    })
    this.#document = Array.isArray(documents) ? (documents[0] ?? null) : null
    const [error] = this.#document?.errors ?? []
    if (error !== undefined)
      throw new CliError(
        `error with YAML file ${path}: ${(error.message.split('\n')[0] ?? '').replace(/:$/, '')}`,
        {
          cause: error,
        },
      )
    this.root = this.#document?.contents ?? null
  }

  /** Throws a `CliError` that names all that did not fit so far. */
  check(): void {
    if (this.#problems.length === 0) return
    const list = this.#problems.map((problem) => `\n  ${problem}`).join('')
    throw new CliError(`error with YAML file ${this.#path}: yaml: unmarshal errors:${list}`)
  }

  lineOf(node: unknown): number {
    const range = (node as { readonly range?: readonly [number, ...number[]] } | null)?.range
    return range === undefined ? 1 : Math.max(1, this.#lines.linePos(range[0]).line)
  }

  /** Empty for what is not there, `~` and nothing. */
  text(given: unknown, type = 'string'): string {
    const node = this.#resolved(given)
    if (node === null) return ''
    if (isScalar(node)) return this.#restore(typeof node.value === 'string' ? node.value : '')
    this.#misfit(node, type)
    return ''
  }

  switch(given: unknown): boolean {
    const node = this.#resolved(given)
    if (node === null) return false
    if (isScalar(node)) {
      const text = String(node.value)
      const isQuoted = node.type !== Scalar.PLAIN
      if (TRUE.has(text) && !(isQuoted && text.toLowerCase() === 'true')) return true
      if (FALSE.has(text) && !(isQuoted && text.toLowerCase() === 'false')) return false
    }
    this.#misfit(node, 'bool')
    return false
  }

  texts(given: unknown): readonly string[] {
    return this.items(given, '[]string').map((item) => this.text(item))
  }

  textMap(given: unknown): Readonly<Record<string, string>> {
    return Object.fromEntries(
      this.entries(given, 'map[string]string').map(({ key, value }) => [key, this.text(value)]),
    )
  }

  /** Nodes of a list; none for what is not there. */
  items(given: unknown, type: string): readonly unknown[] {
    const node = this.#resolved(given)
    if (node === null) return []
    if (isSeq(node)) return node.items
    this.#misfit(node, type)
    return []
  }

  /** Whether there is something, and be it an empty list. */
  has(given: unknown): boolean {
    return this.#resolved(given) !== null
  }

  /** Of a mapping and of those that `<<` merges into it; its own win. None for what is not there. */
  entries(given: unknown, type: string): readonly Entry[] {
    return this.#entries(given, type, new Set())
  }

  #entries(given: unknown, type: string, around: ReadonlySet<unknown>): readonly Entry[] {
    const node = this.#resolved(given)
    if (node === null) return []
    if (!isMap(node) || around.has(node)) {
      this.#misfit(node, type)
      return []
    }
    const own = new Map<string, Entry>()
    const merged: Entry[] = []
    for (const { key, value } of node.items) {
      const line = this.lineOf(key)
      const isMerge = isScalar(key) && key.type === Scalar.PLAIN && key.value === '<<'
      const name = this.text(key)
      const before = own.get(name)
      if (isMerge) {
        const target = this.#resolved(value)
        const maps: readonly unknown[] = isSeq(target) ? target.items : [target]
        merged.push(...maps.flatMap((map) => this.#entries(map, type, new Set([...around, node]))))
      } else if (before !== undefined)
        this.#problems.push(`line ${line}: mapping key "${name}" already defined at line ${before.line}`)
      else own.set(name, { key: name, line, value })
    }
    for (const entry of merged) if (!own.has(entry.key)) own.set(entry.key, entry)
    return [...own.values()]
  }

  /** Without aliases; null for nothing. */
  #resolved(given: unknown): unknown {
    const node = isAlias(given) && this.#document !== null ? given.resolve(this.#document) : given
    if (node === undefined || node === null) return null
    if (isScalar(node) && node.value === null) return null
    if (isScalar(node) && node.type === Scalar.PLAIN && NULLS.has(String(node.value))) return null
    return node
  }

  #misfit(node: unknown, type: string): void {
    const shown = isMap(node) ? '!!map' : isSeq(node) ? '!!seq' : tagged(node)
    this.#problems.push(`line ${this.lineOf(node)}: cannot unmarshal ${shown} into ${type}`)
  }
}

/** As yaml.v3 shows a scalar that is no good: its type, and what it begins with. */
function tagged(node: unknown): string {
  const text = isScalar(node) ? String(node.value) : ''
  const shown = text.length > 10 ? `${text.slice(0, 7)}...` : text
  return `${isScalar(node) && node.type === Scalar.PLAIN ? tagOf(text) : '!!str'} \`${shown}\``
}

function tagOf(text: string): string {
  if (/^(?:true|True|TRUE|false|False|FALSE)$/.test(text)) return '!!bool'
  if (/^[-+]?(?:\d+|0x[\da-fA-F]+|0o[0-7]+)$/.test(text)) return '!!int'
  if (/^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/.test(text)) return '!!float'
  return '!!str'
}
