import { access } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Invocation } from '../args/command.ts'
import { CliError } from '../cli-error.ts'
import { writeWhole } from '../files/whole-file.ts'
import { say } from '../session.ts'
import type { SECRET_KEYGEN_FLAGS } from '../table/secrets.ts'
import { newKeyPair } from '../../sealing/box.ts'
import { keyId } from './sealed-file.ts'

/** cli.md 11. A key that is there is not lost by accident. */
export async function run({ flags, session }: Invocation<typeof SECRET_KEYGEN_FLAGS>): Promise<void> {
  const path = resolve(session.cwd, flags.output)
  const isThere = await access(path).then(
    () => true,
    () => false,
  )
  if (isThere && !flags.overwrite)
    throw new CliError(`there is a file ${path} already`, {
      hint: 'What was sealed for a key is lost with it. Write over it with --overwrite.',
    })
  const { privateKey, publicKey } = newKeyPair()
  await writeWhole(path, Buffer.from(privateKey).toString('base64'), { mode: 0o600 })
  await writeWhole(`${path}.pub`, Buffer.from(publicKey).toString('base64'), { mode: 0o644 })
  say(session, `Wrote private key: ${flags.output}`)
  say(session, `Wrote public key: ${flags.output}.pub`)
  say(session, `Key ID: ${keyId(publicKey)}`)
}
