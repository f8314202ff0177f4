import type { Invocation } from '../args/command.ts'
import { say } from '../session.ts'
import type { SECRET_UPDATE_FLAGS } from '../table/secrets.ts'
import { connectSecrets } from './connect-secrets.ts'
import { valueFrom } from './secret-value.ts'

/** cli.md 3.13; unlike there, binary content arrives whole (19, trap 29). */
export async function run(invocation: Invocation<typeof SECRET_UPDATE_FLAGS>): Promise<void> {
  const {
    args: [name = ''],
    flags,
    isGiven,
    session,
  } = invocation
  const value = await valueFrom(session, flags, isGiven)
  const secrets = await connectSecrets(session, { flags, isGiven })

  say(session, `Updating secret: ${name}`)
  say(session, `Updated: ${await secrets.update(name, value)}`)
}
