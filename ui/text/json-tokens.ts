export interface Token {
  readonly text: string
  /** `k` a key, `s` a string, `n` a number, empty for the rest: the class names of the style sheet. */
  readonly kind: '' | 'k' | 's' | 'n'
}

const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/g

/** Of text that is JSON already: what it does not know it passes on. */
export function tokens(json: string): readonly Token[] {
  const found: Token[] = []
  let from = 0
  const rest = (to: number): void => {
    if (to > from) found.push({ text: json.slice(from, to), kind: '' })
  }
  for (const match of json.matchAll(TOKEN)) {
    rest(match.index)
    const text = match[1] ?? match[3] ?? ''
    found.push({ text, kind: match[3] !== undefined ? 'n' : match[2] !== undefined ? 'k' : 's' })
    from = match.index + text.length
  }
  rest(json.length)
  return found
}

/** Indented, or undefined where it is no JSON. Numbers that JavaScript would round stay as they came. */
export function indented(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text)
    const again = JSON.stringify(value, null, 2)
    return /\d{16}/.test(text) ? text : again
  } catch {
    return undefined
  }
}
