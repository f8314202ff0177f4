import { CliError } from '../cli-error.ts'
import { applyForm } from './substitution-forms.ts'

/** A piece of a text: as it stands there, or what a `${…}` in it stands for. */
export interface Piece {
  readonly text: string
  readonly isValue: boolean
}

const NAME = /[\p{L}\p{Nd}_]+/uy

/**
 * The text with each `${NAME}` and its other forms replaced, by the rules of faas-cli (cli.md 5): `$NAME` stays, `$$` is
 * a `$`, and `\/` and `\\` lose their backslash. Throws `CliError`.
 */
export function substitute(text: string, valueOf: (name: string) => string): string {
  return substituted(text, valueOf)
    .map((piece) => piece.text)
    .join('')
}

/** The same in pieces. */
export function substituted(text: string, valueOf: (name: string) => string): readonly Piece[] {
  return new Reader(text, valueOf).pieces()
}

/** Goes over the text once; each method leaves the position behind what it read. */
class Reader {
  readonly #text: string
  readonly #valueOf: (name: string) => string
  #at = 0

  constructor(text: string, valueOf: (name: string) => string) {
    this.#text = text
    this.#valueOf = valueOf
  }

  pieces(): readonly Piece[] {
    const pieces: Piece[] = []
    while (this.#at < this.#text.length) {
      pieces.push(
        this.#isPlaceholder()
          ? { text: this.#placeholder(), isValue: true }
          : { text: this.#plain('', true), isValue: false },
      )
    }
    return pieces
  }

  #isPlaceholder(): boolean {
    return this.#text.startsWith('${', this.#at)
  }

  /** Behind its `${`, up to and with its `}`. */
  #placeholder(): string {
    const start = this.#at
    this.#at += 2
    if (this.#peek() === '#') {
      this.#at += 1
      const name = this.#name(start)
      this.#close(start)
      return String(Buffer.byteLength(this.#valueOf(name)))
    }
    const name = this.#name(start)
    const form = this.#form()
    const args = form === '' ? [] : this.#args(form, start)
    this.#close(start)
    return applyForm(form, this.#valueOf(name), args)
  }

  #name(start: number): string {
    NAME.lastIndex = this.#at
    const [name] = NAME.exec(this.#text) ?? []
    if (name === undefined) throw this.#wrong('bad substitution', start)
    this.#at += name.length
    return name
  }

  #form(): string {
    const rest = this.#text.slice(this.#at, this.#at + 2)
    const [form = ''] = /^(?::[=?+-]|:|=|[,^]{1,2}|\/[/#%]?|##?|%%?)/.exec(rest) ?? []
    this.#at += form.length
    return form
  }

  #args(form: string, start: number): readonly string[] {
    if (/^[,^]/.test(form)) return []
    if (form === ':') return this.#two(start, ':}', false)
    if (form.startsWith('/')) return this.#two(start, '/', true)
    if (/^[#%]/.test(form)) return [this.#arg(start, '}')]
    const args: string[] = []
    while (this.#peek() !== '}') args.push(this.#arg(start, '}'))
    return args
  }

  /** `first:second` or `first/second`; the second may be missing. */
  #two(start: number, ends: string, hasEscapes: boolean): readonly string[] {
    const first = this.#arg(start, ends, hasEscapes)
    const between = this.#peek()
    if (between === '}') return [first]
    while (between !== '' && this.#peek() === between) this.#at += 1
    return this.#peek() === '}' ? [first] : [first, this.#arg(start, '}', hasEscapes)]
  }

  /** A text up to one of `ends`, or a placeholder. */
  #arg(start: number, ends: string, hasEscapes = false): string {
    if (this.#at >= this.#text.length) throw this.#wrong('missing closing brace', start)
    if (this.#isPlaceholder()) return this.#placeholder()
    const before = this.#at
    const text = this.#plain(ends, hasEscapes)
    if (this.#at === before) throw this.#wrong('bad substitution', start)
    return text
  }

  /** Up to one of `ends` or a placeholder. `$$`, `\/` and `\\` are escapes where there are any. */
  #plain(ends: string, hasEscapes: boolean): string {
    let text = ''
    while (this.#at < this.#text.length && !this.#isPlaceholder()) {
      const letter = this.#peek()
      const next = this.#text[this.#at + 1] ?? ''
      if (hasEscapes && /^(?:\$\$|\\[/\\])$/.test(letter + next)) {
        text += next
        this.#at += 2
      } else if (ends.includes(letter)) break
      else {
        text += letter
        this.#at += 1
      }
    }
    return text
  }

  #close(start: number): void {
    if (this.#peek() !== '}') throw this.#wrong('missing closing brace', start)
    this.#at += 1
  }

  #peek(): string {
    return this.#text[this.#at] ?? ''
  }

  #wrong(problem: string, start: number): CliError {
    const line = this.#text.slice(0, start).split('\n').length
    const shown = this.#text.slice(start).split('\n')[0]?.slice(0, 40) ?? ''
    return new CliError(`line ${line}: ${problem}: ${shown}`, {
      hint: 'A literal "${" is written "$${". --envsubst=false replaces nothing.',
    })
  }
}
