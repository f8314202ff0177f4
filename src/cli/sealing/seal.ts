import { resolve } from 'node:path'
import type { Invocation } from '../args/command.ts'
import { CliError } from '../cli-error.ts'
import { writeWhole } from '../files/whole-file.ts'
import { say } from '../session.ts'
import type { SECRET_SEAL_FLAGS } from '../table/secrets.ts'
import { bytesIn, pairIn } from './named-values.ts'
import { keyId, readKey, sealedFile } from './sealed-file.ts'

/** cli.md 11. */
export async function run(invocation: Invocation<typeof SECRET_SEAL_FLAGS>): Promise<void> {
  const {
    args: [file = ''],
    flags,
    session,
  } = invocation
  const publicKey = await publicKeyIn(session.cwd, file)
  const values: Record<string, Uint8Array> = {}
  for (const text of flags['from-literal']) {
    const [name, value] = pairIn(text, 'from-literal')
    values[name] = Buffer.from(value)
  }
  for (const text of flags['from-file']) {
    const [name, path] = pairIn(text, 'from-file')
    values[name] = await bytesIn(session.cwd, path)
  }
  const count = Object.keys(values).length
  if (count === 0)
    throw new CliError('provide at least one secret via --from-literal or --from-file', {
      hint: 'Such as: --from-literal token=abc --from-file npmrc=./.npmrc',
    })
  await writeWhole(resolve(session.cwd, flags.output), await sealedFile(publicKey, values), { mode: 0o600 })
  say(session, `Sealed ${count} secret(s) for key ${keyId(publicKey)} to ${flags.output}`)
}

/** A file, or the key itself; alone, or as a builder answers it (cli.md 9.5). */
async function publicKeyIn(cwd: string, given: string): Promise<Uint8Array> {
  const isKey = /^[A-Za-z0-9+/]{43}=$/.test(given)
  const text = isKey ? given : (await bytesIn(cwd, given)).toString('utf8')
  const [, inJson] = /"public_key"\s*:\s*"([^"]*)"/.exec(text) ?? []
  return readKey(inJson ?? text, given)
}
