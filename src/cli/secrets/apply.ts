import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DEFAULT_NAMESPACE } from '../../core/functions/function-name.ts'
import type { Invocation } from '../args/command.ts'
import { CliError } from '../cli-error.ts'
import { note, say, type Session } from '../session.ts'
import type { SECRET_APPLY_FLAGS } from '../table/secrets.ts'
import { connectSecrets } from './connect-secrets.ts'
import type { SecretClient } from './secret-client.ts'
import { checkName } from './secret-name.ts'
import { fileValue, type SecretValue } from './secret-value.ts'

const FOLDER = '.secrets'

/**
 * Each file of `./.secrets` becomes a secret (cli.md 3.13). One that exists is updated in place: faas-cli removes it
 * first, and functions may see that (19, trap 44).
 */
export async function run({ flags, isGiven, session }: Invocation<typeof SECRET_APPLY_FLAGS>): Promise<void> {
  const names = await filesIn(session)
  if (names.length === 0) return say(session, `No files in ${FOLDER}.`)
  const secrets = await connectSecrets(session, { flags, isGiven })
  const wanted = flags.namespace || DEFAULT_NAMESPACE
  const listed = (await secrets.list()).filter(({ namespace = wanted }) => namespace === wanted)
  const known = new Set(listed.map(({ name }) => name))

  const failures: string[] = []
  for (const name of names) {
    try {
      const value = await readValue(session, name, flags.trim)
      if (value === null) note(session, `Skipped ${name}: it is empty`)
      else if (flags['dry-run'])
        say(session, `Would ${known.has(name) ? 'update' : 'create'} secret: ${name}`)
      else await apply(session, secrets, { name, value, exists: known.has(name) })
    } catch (error) {
      if (!(error instanceof CliError)) throw error
      failures.push(`${name}: ${error.message}`)
    }
  }
  if (failures.length > 0)
    throw new CliError(
      `${failures.length} of ${names.length} secrets not applied:\n  ${failures.join('\n  ')}`,
      {
        hint: 'The others are applied. Run it again after mending these.',
      },
    )
}

async function apply(
  session: Session,
  secrets: SecretClient,
  { name, value, exists }: { readonly name: string; readonly value: SecretValue; readonly exists: boolean },
): Promise<void> {
  // Somebody else may have created it since the list was read, or the list may be of another namespace.
  const created = exists ? null : await secrets.create(name, value)
  if (created !== null) say(session, `Created secret: ${name} - ${created}`)
  else say(session, `Updated secret: ${name} - ${await secrets.update(name, value)}`)
}

async function filesIn({ cwd }: Session): Promise<readonly string[]> {
  try {
    const entries = await readdir(join(cwd, FOLDER), { withFileTypes: true })
    return entries
      .filter((entry) => entry.isFile() || entry.isSymbolicLink())
      .map(({ name }) => name)
      .toSorted()
  } catch (error) {
    throw new CliError(`unable to read ${FOLDER}: ${(error as Error).message}`, {
      cause: error,
      hint: `Put each secret into a file of its name: mkdir -m 700 ${FOLDER}`,
    })
  }
}

/** Null for an empty file. Text is trimmed as the flag says; what is no text is sent as it is. */
async function readValue(session: Session, name: string, trim: boolean): Promise<SecretValue | null> {
  checkName(name)
  const bytes = await readFile(join(session.cwd, FOLDER, name)).catch((error: unknown) => {
    throw new CliError((error as Error).message, { cause: error })
  })
  const isText = Buffer.from(bytes.toString('utf8')).equals(bytes)
  if ((isText ? bytes.toString('utf8').trim() : bytes).length === 0) return null
  return fileValue(bytes, { trim, trimsBytes: trim && isText })
}
