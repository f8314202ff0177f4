import { randomBytes } from 'node:crypto'
import { resolve } from 'node:path'
import type { Invocation } from '../args/command.ts'
import { CliError } from '../cli-error.ts'
import { writeWhole } from '../files/whole-file.ts'
import { say } from '../session.ts'
import type { SECRET_GENERATE_FLAGS } from '../table/secrets.ts'

const MOST_BYTES = 1024 * 1024

/** A random value; without a line end where a program reads it (cli.md 3.13). */
export async function run({ flags, session }: Invocation<typeof SECRET_GENERATE_FLAGS>): Promise<void> {
  const { length, output } = flags
  if (length < 1 || length > MOST_BYTES)
    throw new CliError(`--length must be 1 to ${MOST_BYTES}`, { hint: '32 are enough for any password.' })
  const text = randomBytes(length).toString('base64')
  if (output !== '') {
    await writeWhole(resolve(session.cwd, output), text, { mode: 0o600, makesFolder: true })
    say(session, `Wrote ${length}-byte secret to ${output}`)
  } else session.stdout.write(session.stdout.isTTY === true ? `${text}\n` : text)
}
