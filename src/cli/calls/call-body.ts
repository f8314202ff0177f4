import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { CliError } from '../cli-error.ts'
import { readStdin } from '../input/read-stdin.ts'
import type { Session } from '../session.ts'

const BODILESS: ReadonlySet<string> = new Set(['GET', 'DELETE'])

/** What a call brings: `--data`, a file, or standard input to its end. Null: nothing, for a method that need not. */
export async function callBody(
  session: Session,
  asked: { readonly data: string | null; readonly file: string; readonly method: string },
): Promise<Uint8Array | null> {
  const { data, file, method } = asked
  if (data !== null && file !== '')
    throw new CliError('--data and --file are mutually exclusive', { hint: 'Give one of them.' })
  if (data !== null) return Buffer.from(data)
  if (file !== '' && file !== '-') {
    const path = resolve(session.cwd, file)
    return readFile(path).catch((error: unknown) => {
      throw new CliError(`${path} cannot be read: ${(error as Error).message}`, { cause: error })
    })
  }
  // Nobody at a terminal means to type the body of a GET.
  if (BODILESS.has(method) && session.stdin.isTTY === true) return null
  const bytes = await readStdin(session)
  return bytes.length === 0 && BODILESS.has(method) ? null : bytes
}
