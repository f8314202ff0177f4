/**
 * A text that `substitute`, and faas-cli, turn back into this one (cli.md 5). What they leave alone anyway is left alone, so
 * that a file without such letters reads the same with `--envsubst=false`.
 */
export function escapedForSubstitution(text: string): string {
  return text
    .replace(/\$+(?=\{)|\${2,}/g, (dollars) => dollars + dollars)
    .replace(/\\+(?=\/)|\\{2,}/g, (slashes) => slashes + slashes)
}
