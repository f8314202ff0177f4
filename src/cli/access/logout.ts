import type { Invocation } from '../args/command.ts'
import { CliError } from '../cli-error.ts'
import {
  configFolder,
  credentialOf,
  hasCredentialsFile,
  removeCredential,
} from '../gateway/credentials-file.ts'
import { connectProject } from '../gateway/project.ts'
import { say } from '../session.ts'
import type { LOGOUT_FLAGS } from '../table/access.ts'

/** cli.md 3.12. */
export async function run({ flags, isGiven, session }: Invocation<typeof LOGOUT_FLAGS>): Promise<void> {
  const { gateway: client } = await connectProject(session, { flags, isGiven })
  const { url } = client.address
  if (!(await hasCredentialsFile(session)))
    throw new CliError(`config file not found: ${configFolder(session)}/config.yml`, {
      hint: 'You are not logged in anywhere.',
    })
  // It may be kept under another name of the same gateway.
  const { gateway = url } = (await credentialOf(session, url)) ?? {}
  if (!(await removeCredential(session, gateway)))
    throw new CliError(`no auth config found for ${url}`, {
      hint: 'Another gateway is named with --gateway.',
    })
  say(session, `credentials removed for ${gateway}`)
}
