/** As Go's encoding/json writes text: `<`, `>` and `&` escaped, for output that scripts compare (cli.md 19, trap 33). */
export function goJson(value: unknown, indent = 2): string {
  return JSON.stringify(value, null, indent).replace(/[<>&\u2028\u2029]/g, escaped)
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
