import type { Invocation } from '../args/command.ts'
import { CliError } from '../cli-error.ts'
import { saveCredential } from '../gateway/credentials-file.ts'
import { connectProject } from '../gateway/project.ts'
import { warnOfPlainText } from '../gateway/plain-text.ts'
import { readStdin } from '../input/read-stdin.ts'
import { note, say } from '../session.ts'
import type { LOGIN_FLAGS } from '../table/access.ts'

/** cli.md 3.12. */
export async function run(invocation: Invocation<typeof LOGIN_FLAGS>): Promise<void> {
  const { flags, isGiven, session } = invocation
  const { username, timeout } = flags
  if (username === '')
    throw new CliError('must provide --username or -u', { hint: 'The usual one is admin.' })
  const password = await passwordOf(invocation)

  const { gateway } = await connectProject(session, { flags, isGiven })
  const { url } = gateway.address
  warnOfPlainText(session, gateway.address, flags['tls-no-verify'])
  say(session, 'Calling the OpenFaaS server to validate the credentials...')
  const token = Buffer.from(`${username}:${password}`).toString('base64')
  const answer = await gateway.send({
    method: 'GET',
    path: '/system/functions',
    headers: { Authorization: `Basic ${token}` },
    timeoutMs: timeout,
  })
  const text = await answer.text()
  if (answer.status === 401)
    throw new CliError('unable to login, either username or password is incorrect', {
      hint: `They are those of ${url}. The daemon writes its password to a file when it first starts: see docs/operations.md`,
    })
  if (answer.status !== 200) throw gateway.refusal(answer.status, text)

  await saveCredential(session, { gateway: url, auth: 'basic', token, options: [] })
  say(session, `credentials saved for ${username} ${url}`)
}

async function passwordOf({ flags, isGiven, session }: Invocation<typeof LOGIN_FLAGS>): Promise<string> {
  const { password, 'password-stdin': fromStdin } = flags
  if (isGiven('password') && fromStdin)
    throw new CliError('--password and --password-stdin are mutually exclusive', {
      hint: 'Give one of them.',
    })
  if (isGiven('password') && password !== '')
    note(
      session,
      'WARNING! Using --password is insecure, consider using: cat FILE | sampan login --password-stdin',
    )
  const given = (fromStdin ? (await readStdin(session)).toString('utf8') : password).trim()
  if (given !== '') return given
  throw new CliError('must provide a non-empty password via --password or --password-stdin', {
    hint: 'Such as: sampan login --password-stdin < FILE',
  })
}
