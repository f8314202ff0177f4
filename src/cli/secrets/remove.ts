import type { Invocation } from '../args/command.ts'
import { say } from '../session.ts'
import type { SECRET_REMOVE_FLAGS } from '../table/secrets.ts'
import { connectSecrets } from './connect-secrets.ts'

/** cli.md 3.13. */
export async function run(invocation: Invocation<typeof SECRET_REMOVE_FLAGS>): Promise<void> {
  const {
    args: [name = ''],
    flags,
    isGiven,
    session,
  } = invocation
  await (await connectSecrets(session, { flags, isGiven })).remove(name)
  say(session, 'Removed.. OK.')
}
