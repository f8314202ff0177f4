import type { Invocation } from '../args/command.ts'
import { CliError } from '../cli-error.ts'
import { say } from '../session.ts'
import type { SECRET_CREATE_FLAGS } from '../table/secrets.ts'
import { connectSecrets } from './connect-secrets.ts'
import { checkName } from './secret-name.ts'
import { valueFrom } from './secret-value.ts'

/** cli.md 3.13. */
export async function run(invocation: Invocation<typeof SECRET_CREATE_FLAGS>): Promise<void> {
  const {
    args: [name = ''],
    flags,
    isGiven,
    session,
  } = invocation
  checkName(name)
  const value = await valueFrom(session, flags, isGiven)
  const secrets = await connectSecrets(session, { flags, isGiven })

  say(session, `Creating secret: ${name}${flags.namespace === '' ? '' : `.${flags.namespace}`}`)
  const created = await secrets.create(name, value)
  if (created !== null) return say(session, `Created: ${created}`)
  if (!flags.replace)
    throw new CliError(`secret with the name "${name}" already exists`, {
      hint: `Replace it with --replace, or: sampan secret update ${name}`,
    })
  say(session, `Updated: ${await secrets.update(name, value)}`)
}
