import type { Session } from '../session.ts'

/** Rows under a heading, columns aligned, two spaces between them, none at the end of a line. */
export function columns(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [heading, ...rows]
  const widths = heading.map((_, at) => Math.max(...all.map((row) => (row[at] ?? '').length)))
  return all
    .map((row) =>
      row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** At a terminal, lines that would be broken in the middle end with a `…` instead; a program gets them whole. */
export function cutToWidth({ stdout }: Session, text: string): string {
  const { isTTY, columns: width = 0 } = stdout
  if (isTTY !== true || width < 20) return text
  return text
    .split('\n')
    .map((line) => (line.length <= width ? line : `${line.slice(0, width - 1)}…`))
    .join('\n')
}
