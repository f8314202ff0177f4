/** A piece of text in one style; `style` is a class name, or empty. */
export interface Piece {
  readonly text: string
  readonly style: string
}

const COLOURS = ['a-grey', 'a-red', 'a-green', 'a-yellow', 'a-blue', 'a-magenta', 'a-cyan', ''] as const

/** Colours stay, every other sequence goes: cursor, title, hyperlink, and single control characters but tab. */
const SEQUENCE = new RegExp(
  [
    String.raw`\u001b\[([0-9;:]*)m`,
    String.raw`\u001b\[[0-?]*[ -/]*[@-~]`,
    String.raw`\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)?`,
    String.raw`\u001b.?`,
    String.raw`[\u0000-\u0008\u000b-\u001f\u007f]`,
  ].join('|'),
  'g',
)

export function plain(text: string): string {
  return text.replaceAll(SEQUENCE, '')
}

export function pieces(text: string): readonly Piece[] {
  if (!text.includes('\u001b')) return [{ text: plain(text), style: '' }]
  const found: Piece[] = []
  let style = new Style()
  let from = 0
  const add = (to: number): void => {
    if (to > from) found.push({ text: text.slice(from, to), style: style.name })
  }
  for (const match of text.matchAll(SEQUENCE)) {
    add(match.index)
    from = match.index + match[0].length
    if (match[1] !== undefined) style = style.after(match[1])
  }
  add(text.length)
  return found
}

class Style {
  readonly #colour: string
  readonly #bold: boolean

  constructor(colour = '', bold = false) {
    this.#colour = colour
    this.#bold = bold
  }

  get name(): string {
    return [this.#colour, this.#bold ? 'a-bold' : ''].filter(Boolean).join(' ')
  }

  after(codes: string): Style {
    let colour = this.#colour
    let bold = this.#bold
    for (const code of codes.split(/[;:]/).map(Number)) {
      if (code === 0) [colour, bold] = ['', false]
      else if (code === 1) bold = true
      else if (code === 22) bold = false
      else if (code === 39) colour = ''
      else if (code === 38 || code === 48) break
      else if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97)) colour = COLOURS[code % 10] ?? ''
    }
    return new Style(colour, bold)
  }
}
