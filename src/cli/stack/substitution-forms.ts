type Form = (value: string, args: readonly string[]) => string

/**
 * What stands after the name in `${NAME…}`, and what it makes of the value (cli.md 5). Not a shell's: `:?` and `:+` are
 * as `:-`, and unset is as empty.
 */
const FORMS: Readonly<Record<string, Form>> = {
  ',': (value) => firstOf(value, (letter) => letter.toLowerCase()),
  ',,': (value) => value.toLowerCase(),
  '^': (value) => firstOf(value, (letter) => letter.toUpperCase()),
  '^^': (value) => value.toUpperCase(),
  '#': (value, [pattern = '']) => trimmed(value, pattern, 'shortest'),
  '##': (value, [pattern = '']) => trimmed(value, pattern, 'longest'),
  '%': (value, [pattern = '']) => trimmedEnd(value, pattern, 'shortest'),
  '%%': (value, [pattern = '']) => trimmedEnd(value, pattern, 'longest'),
  ':': substring,
  '/': (value, [old = '', by = '']) => value.replace(old, () => by),
  '//': (value, [old = '', by = '']) => value.replaceAll(old, () => by),
  // Nothing to put there is no change, unlike with the two above.
  '/#': (value, [old = '', by]) =>
    by !== undefined && value.startsWith(old) ? by + value.slice(old.length) : value,
  '/%': (value, [old = '', by]) =>
    by !== undefined && value.endsWith(old) ? value.slice(0, value.length - old.length) + by : value,
}

/** What `${NAME<form>…}` stands for. Whatever is not known gives a default, which is what `:-` and its like do. */
export function applyForm(form: string, value: string, args: readonly string[]): string {
  const known = Object.hasOwn(FORMS, form) ? FORMS[form] : undefined
  return known === undefined ? value || args.join('') : known(value, args)
}

function firstOf(value: string, change: (letter: string) => string): string {
  const [letter = ''] = value
  return change(letter) + value.slice(letter.length)
}

/** Positions and lengths are of bytes, and a position below zero counts from the end. What is no number changes nothing. */
function substring(value: string, [from = '', many]: readonly string[]): string {
  const bytes = Buffer.from(value)
  if (!/^[+-]?\d+$/.test(from)) return value
  const start = Number(from) < 0 ? Math.max(0, bytes.length + Number(from)) : Number(from)
  if (many === undefined) return bytes.subarray(start).toString()
  if (!/^[+-]?\d+$/.test(many)) return value
  return bytes.subarray(start, Math.max(start, start + Number(many))).toString()
}

function trimmedEnd(value: string, pattern: string, which: 'shortest' | 'longest'): string {
  return reversed(trimmed(reversed(value), reversed(pattern), which))
}

/** Without the beginning that the pattern matches. Only a beginning of at least one letter counts. */
function trimmed(value: string, pattern: string, which: 'shortest' | 'longest'): string {
  const wanted = globOf(pattern)
  if (wanted === null) return value
  const letters = Array.from(value)
  const counts = letters.map((_, at) => at + 1)
  const fits = (which === 'shortest' ? counts : counts.toReversed()).find((count) =>
    wanted.test(letters.slice(0, count).join('')),
  )
  return fits === undefined ? value : letters.slice(fits).join('')
}

function reversed(text: string): string {
  return Array.from(text).toReversed().join('')
}

/** `*`, `?`, `[a-z]`, `[^a-z]` and `\` before any of them; null for a pattern that is none. `*` passes over slashes. */
function globOf(pattern: string): RegExp | null {
  let source = ''
  for (let at = 0; at < pattern.length; at += 1) {
    const letter = pattern[at] ?? ''
    if (letter === '*') {
      // One star after another says nothing more, and costs time.
      if (!source.endsWith('.*')) source += '.*'
    } else if (letter === '?') source += '.'
    else if (letter === '\\') {
      at += 1
      if (at >= pattern.length) return null
      source += escaped(pattern[at] ?? '')
    } else if (letter === '[') {
      const end = pattern.indexOf(']', at + 2)
      if (end < 0) return null
      const inside = pattern.slice(at + 1, end)
      source += inside.startsWith('^') ? `[^${classOf(inside.slice(1))}]` : `[${classOf(inside)}]`
      at = end
    } else source += escaped(letter)
  }
  try {
    return new RegExp(`^${source}$`, 'su')
  } catch {
    return null
  }
}

function classOf(inside: string): string {
  return inside.replace(/[\\\]^[]/g, '\\$&')
}

function escaped(letter: string): string {
  return letter.replace(/[\\^$.*+?()[\]{}|/]/u, '\\$&')
}
