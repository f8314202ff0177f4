// Texts as YAML that every reader takes for the same text: ours, which reads a scalar as it stands, Go's yaml.v3, and those that
// take `1.10` for a number and `yes` for a switch.

const PLAIN = /^[A-Za-z_][A-Za-z0-9_./@-]*(?::[A-Za-z0-9_./@-]+)*$/

/** Words that some version of YAML takes for something else than text. */
const WORDS: ReadonlySet<string> = new Set(['null', 'true', 'false', 'yes', 'no', 'on', 'off', 'y', 'n'])

/** What may not stand in a file as it is, or ends a line for some (YAML 1.1, 5.1 and 5.4). */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\ufeff\ufffe\uffff]/gu

/** A text as a key, or as an item of a list. */
export function yamlScalar(text: string): string {
  if (PLAIN.test(text) && !WORDS.has(text.toLowerCase())) return text
  const escaped = text.replace(/["\\]/g, (letter) => `\\${letter}`)
  return `"${escaped.replace(UNPRINTABLE, escapeOf)}"`
}

/** A text behind its key, whose line has this indentation: several lines stay lines where nothing of them is lost. */
export function yamlValue(text: string, indent: string): string {
  const body = text.endsWith('\n') ? text.slice(0, -1) : text
  const lines = body.split('\n')
  const isBlock = lines.length > 1 && /^[^\s]/.test(body) && lines.every(isPrintable) && lines.at(-1) !== ''
  if (!isBlock) return yamlScalar(text)
  const shown = lines.map((line) => (line === '' ? '' : `${indent}  ${line}`)).join('\n')
  return `${body === text ? '|-' : '|'}\n${shown}`
}

/** A line that a block scalar keeps to the letter. */
function isPrintable(line: string): boolean {
  return line.search(UNPRINTABLE) < 0 && line.trimEnd() === line
}

function escapeOf(letter: string): string {
  if (letter === '\n') return '\\n'
  if (letter === '\t') return '\\t'
  return `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`
}
