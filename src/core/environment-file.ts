/**
 * The variables of an environment file as systemd reads it (systemd.exec(5), EnvironmentFile=): a line each, `#` and `;`
 * begin a comment, quotes around a value are taken away, a backslash at the end of a line goes on. Pure; what is no
 * assignment is left out, as there.
 */
export function environmentIn(text: string): Readonly<Record<string, string>> {
  const found: Record<string, string> = {}
  for (const line of text.replace(/\\\r?\n/g, '').split(/\r?\n/)) {
    if (/^\s*[#;]/.test(line)) continue
    const [, name, value = ''] = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/.exec(line.trim()) ?? []
    if (name !== undefined) found[name] = unquoted(value.trim())
  }
  return found
}

/** The variables of a unit as `systemctl show --property=Environment` prints them: in one line, those with blanks in quotes. */
export function environmentOfUnit(line: string): Readonly<Record<string, string>> {
  const words = line.trim().match(/"[^"]*"|[^\s"]+/g) ?? []
  return environmentIn(words.map((word) => word.replaceAll('"', '')).join('\n'))
}

function unquoted(value: string): string {
  const [quote] = value
  if ((quote !== '"' && quote !== "'") || value.length < 2 || !value.endsWith(quote)) return value
  const inner = value.slice(1, -1)
  return quote === "'" ? inner : inner.replace(/\\(["\\$`])/g, '$1')
}
