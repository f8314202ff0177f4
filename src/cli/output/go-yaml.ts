import { styleOf } from './go-yaml-style.ts'

const STEP = '  '

/** Objects, lists, texts and switches as Go's yaml.v3 writes them with an indentation of two. Ends with a line feed. */
export function goYaml(value: object): string {
  return mapLines(value, '').join('\n').concat('\n')
}

function mapLines(map: object, indent: string): readonly string[] {
  return Object.entries(map).flatMap(([key, value]: readonly [string, unknown]) =>
    entryLines(`${indent}${scalar(key, { indent, isKey: true })}:`, value, indent),
  )
}

function entryLines(start: string, value: unknown, indent: string): readonly string[] {
  if (typeof value !== 'object' || value === null) return [`${start} ${scalar(value, { indent })}`]
  if (Array.isArray(value))
    return value.length === 0 ? [`${start} []`] : [start, ...listLines(value, `${indent}${STEP}`)]
  return Object.keys(value).length === 0 ? [`${start} {}`] : [start, ...mapLines(value, `${indent}${STEP}`)]
}

function listLines(list: readonly unknown[], indent: string): readonly string[] {
  return list.flatMap((item) => {
    if (typeof item !== 'object' || item === null) return [`${indent}- ${scalar(item, { indent })}`]
    const [first = '', ...rest] = mapLines(item, `${indent}${STEP}`)
    return [`${indent}- ${first.trimStart()}`, ...rest]
  })
}

function scalar(
  value: unknown,
  { indent, isKey = false }: { readonly indent: string; readonly isKey?: boolean },
): string {
  if (typeof value !== 'string') return String(value)
  switch (styleOf(value, isKey)) {
    case 'plain':
      return value
    case 'single':
      return `'${value.replaceAll("'", "''")}'`
    case 'double':
      return `"${value.replace(ESCAPED, escapeOf)}"`
    case 'literal':
      return literal(value, `${indent}${STEP}`)
  }
}

/** The header says where the text begins, if that cannot be seen, and what becomes of line ends behind it. */
function literal(text: string, indent: string): string {
  const start = /^[ \n]/.test(text) ? '2' : ''
  const end = !text.endsWith('\n') ? '-' : text === '\n' || text.endsWith('\n\n') ? '+' : ''
  // An empty first line is the end of the header's.
  const lines = (text.endsWith('\n') ? text.slice(0, -1) : text).replace(/^\n/, '').split('\n')
  const body = lines.map((line) => (line === '' ? '' : `${indent}${line}`)).join('\n')
  return text === '\n' ? `|${start}${end}` : `|${start}${end}\n${body}`
}

const ESCAPED = /["\\\u2028\u2029\ufeff\ufffe\uffff]|\p{Cc}|[\u{10000}-\u{10ffff}]/gu
const SHORT: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '\u0000': '0',
  '\u0007': 'a',
  '\b': 'b',
  '\t': 't',
  '\n': 'n',
  '\v': 'v',
  '\f': 'f',
  '\r': 'r',
  '\u001b': 'e',
  '\u0085': 'N',
  '\u2028': 'L',
  '\u2029': 'P',
}

function escapeOf(letter: string): string {
  const short = SHORT[letter]
  if (short !== undefined) return `\\${short}`
  const code = letter.codePointAt(0) ?? 0
  const [mark, width] = code <= 0xff ? ['x', 2] : code <= 0xffff ? ['u', 4] : ['U', 8]
  return `\\${mark}${code.toString(16).toUpperCase().padStart(Number(width), '0')}`
}
