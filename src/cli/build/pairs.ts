import { CliError } from '../cli-error.ts'

/** `K=V` of a flag, in order. Throws `CliError` where either side is empty (cli.md 19, trap 22). */
export function pairsOf(flag: string, texts: readonly string[]): readonly (readonly [string, string])[] {
  return texts.map((text) => {
    const at = text.indexOf('=')
    const [key, value] = [text.slice(0, at).trim(), text.slice(at + 1).trim()]
    if (at > 0 && key !== '' && value !== '') return [key, value] as const
    throw new CliError(`--${flag} ${text} is not NAME=VALUE`, { hint: `Such as: --${flag} GO_VERSION=1.22` })
  })
}
