/** Longest piece of a client's text that an error repeats. */
const LONGEST = 80

/**
 * A client's text in quotes for an error, cut to `longest` characters: an answer and a log line must not grow
 * with what was sent.
 */
export function quoted(text: string, longest = LONGEST): string {
  return JSON.stringify(shortened(text, longest))
}

/** The same without quotes. */
export function shortened(text: string, longest = LONGEST): string {
  return text.length > longest ? `${text.slice(0, longest)}…` : text
}
