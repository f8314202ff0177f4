/** Most lines that are kept. */
const MOST_LINES = 2
/** Most characters of a line. */
const MOST_LENGTH = 200
/** Lines that are searched for text. */
const LOOK = 20
/** Characters of a line that are read: it may have a megabyte. */
const LOOK_LENGTH = 1_000

/** Colours and other commands to a terminal (ECMA-48: CSI sequences). */
// oxlint-disable-next-line no-control-regex -- these are what is taken out
const TERMINAL = /\u001b\[[0-?]{0,32}[ -/]{0,8}[@-~]/g
/** Characters that move the cursor, end lines, or change the direction of writing. */
// oxlint-disable-next-line no-control-regex -- these are what is taken out
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g

/** The last lines with text that a replica wrote, in order, cleaned and shortened. Pure. */
export function lastWords(lines: readonly string[]): readonly string[] {
  const clean = lines.slice(-LOOK).map(cleaned)
  return clean.filter((line) => line !== '').slice(-MOST_LINES)
}

function cleaned(line: string): string {
  const text = line.slice(0, LOOK_LENGTH).replaceAll(TERMINAL, '').replaceAll(CONTROL, ' ').trim()
  return text.length <= MOST_LENGTH ? text : `${text.slice(0, MOST_LENGTH - 1)}…`
}
