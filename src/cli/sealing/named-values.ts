import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { CliError } from '../cli-error.ts'

/** `NAME=VALUE` of a flag. Throws `CliError` for what has no name. */
export function pairIn(text: string, flag: string): readonly [string, string] {
  const at = text.indexOf('=')
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)]
  throw new CliError(`--${flag} ${text} is not NAME=VALUE`)
}

/** A file that the user names, as bytes. Throws `CliError`. */
export async function bytesIn(cwd: string, file: string): Promise<Buffer> {
  const path = resolve(cwd, file)
  return readFile(path).catch((error: unknown) => {
    throw new CliError(`${path} cannot be read: ${(error as Error).message}`, { cause: error })
  })
}
