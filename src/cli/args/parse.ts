import { usageError } from '../cli-error.ts'
import { GLOBAL_FLAGS } from '../global-flags.ts'
import type { FlagSpec, FlagSpecs } from './command.ts'
import { readFlagValue } from './flag-value.ts'

export interface ParsedArguments {
  /** What is neither a flag nor the value of one, in order. */
  readonly positionals: readonly string[]
  readonly values: Readonly<Record<string, unknown>>
  /** Flags that the command line has. */
  readonly given: ReadonlySet<string>
}

/**
 * The command line by the rules of faas-cli (cli.md 1.1): `--name value`, `--name=value`, `-x value`, `-xvalue`,
 * `-x=value`, short switches together of which the last may take a value, flags anywhere, `--` ends them. A switch is
 * turned off by `--name=false` only. Throws `CliError`.
 */
export function parseArguments(words: readonly string[], specs: FlagSpecs): ParsedArguments {
  return new Reader(words, specs).read()
}

/** Words that are no flag and no flag's value, while the command is not known yet: all flags of all commands may be there. */
export function positionalsOf(words: readonly string[], specs: FlagSpecs): readonly string[] {
  return new Reader(words, specs, true).read().positionals
}

/** The words have `--help` or `-h` as a flag, and not as the value of another or after `--`; the rest may be wrong. */
export function wantsHelp(words: readonly string[], specs: FlagSpecs): boolean {
  return new Reader(words, { ...GLOBAL_FLAGS, ...specs }, true).read().given.has('help')
}

class Reader {
  readonly #words: readonly string[]
  readonly #specs: FlagSpecs
  readonly #isLenient: boolean
  readonly #byShort: ReadonlyMap<string, string>
  readonly #positionals: string[] = []
  readonly #texts = new Map<string, string[]>()
  #at = 0

  constructor(words: readonly string[], specs: FlagSpecs, isLenient = false) {
    this.#words = words
    this.#specs = specs
    this.#isLenient = isLenient
    this.#byShort = new Map(
      Object.entries(specs).flatMap(([name, { short }]) => (short === undefined ? [] : [[short, name]])),
    )
  }

  read(): ParsedArguments {
    while (this.#at < this.#words.length) {
      const word = this.#words[this.#at] ?? ''
      this.#at += 1
      if (word === '--') {
        this.#positionals.push(...this.#words.slice(this.#at))
        break
      }
      if (word.startsWith('--')) this.#long(word.slice(2))
      else if (word.startsWith('-') && word !== '-') this.#short(word.slice(1))
      else this.#positionals.push(word)
    }
    return { positionals: this.#positionals, values: this.#values(), given: new Set(this.#texts.keys()) }
  }

  #long(text: string): void {
    const at = text.indexOf('=')
    const name = at < 0 ? text : text.slice(0, at)
    const spec = this.#spec(name)
    if (spec === undefined) return this.#unknown(`unknown flag: --${name}`, name)
    if (at >= 0) return this.#add(name, text.slice(at + 1))
    if (spec.kind === 'bool') return this.#add(name, 'true')
    this.#add(name, this.#next(`--${name}`))
  }

  #short(letters: string): void {
    for (let at = 0; at < letters.length; at += 1) {
      const letter = letters[at] ?? ''
      const name = this.#byShort.get(letter)
      const rest = letters.slice(at + 1)
      if (name === undefined) {
        return this.#unknown(`unknown shorthand flag: '${letter}' in -${letters}`, letters)
      }
      if (rest.startsWith('=')) return this.#add(name, rest.slice(1))
      if (this.#spec(name)?.kind !== 'bool')
        return this.#add(name, rest === '' ? this.#next(`-${letter}`) : rest)
      this.#add(name, 'true')
    }
  }

  #spec(name: string): FlagSpec | undefined {
    return Object.hasOwn(this.#specs, name) ? this.#specs[name] : undefined
  }

  #next(flag: string): string {
    const word = this.#words[this.#at]
    if (word === undefined) {
      if (this.#isLenient) return ''
      throw usageError(`flag needs an argument: ${flag}`)
    }
    this.#at += 1
    return word
  }

  #unknown(message: string, name: string): void {
    if (this.#isLenient) return
    const isLong = Object.hasOwn(this.#specs, name)
    throw usageError(message, isLong ? `A long flag has two dashes: --${name}` : '')
  }

  #add(name: string, text: string): void {
    const texts = this.#texts.get(name)
    if (texts === undefined) this.#texts.set(name, [text])
    else texts.push(text)
  }

  #values(): Record<string, unknown> {
    if (this.#isLenient) return {}
    const values: Record<string, unknown> = {}
    for (const [name, spec] of Object.entries(this.#specs)) {
      values[name] = readFlagValue(name, spec, this.#texts.get(name) ?? [])
    }
    return values
  }
}
