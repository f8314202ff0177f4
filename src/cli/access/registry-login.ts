import { join } from 'node:path'
import type { Invocation } from '../args/command.ts'
import { CliError } from '../cli-error.ts'
import { writeWhole } from '../files/whole-file.ts'
import { readStdin } from '../input/read-stdin.ts'
import { goJson } from '../output/go-json.ts'
import { say } from '../session.ts'
import type { REGISTRY_LOGIN_FLAGS } from '../table/access.ts'

/** cli.md 3.21. Unlike there, the file is for its owner's eyes only: there is a password in it. */
export async function run(invocation: Invocation<typeof REGISTRY_LOGIN_FLAGS>): Promise<void> {
  const { flags, session } = invocation
  const document = flags.ecr ? ofAmazon(invocation) : await ofUser(invocation)
  const path = join(session.cwd, 'credentials', 'config.json')
  await writeWhole(path, goJson(document, 1), { mode: 0o600, makesFolder: true })
  say(session, `Wrote ${path}..OK`)
}

function ofAmazon({ flags }: Invocation<typeof REGISTRY_LOGIN_FLAGS>): unknown {
  const { 'account-id': id, region } = flags
  if (id === '' || region === '') throw new CliError('--account-id and --region are needed with --ecr')
  return {
    credsStore: 'ecr-login',
    credHelpers: { [`${id}.dkr.ecr.${region}.amazonaws.com`]: 'ecr-login' },
  }
}

async function ofUser({ flags, session }: Invocation<typeof REGISTRY_LOGIN_FLAGS>): Promise<unknown> {
  const { server, username, password, 'password-stdin': fromStdin } = flags
  if (username === '') throw new CliError('must provide --username or -u')
  if (fromStdin && password !== '')
    throw new CliError('--password and --password-stdin are mutually exclusive')
  const given = fromStdin ? (await readStdin(session)).toString('utf8').trim() : password
  if (given === '') throw new CliError('must provide a non-empty password via --password or --password-stdin')
  return { auths: { [server]: { auth: Buffer.from(`${username}:${given}`).toString('base64') } } }
}
