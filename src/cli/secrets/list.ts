import type { Invocation } from '../args/command.ts'
import { presentData } from '../output/present.ts'
import { say } from '../session.ts'
import type { SECRET_LIST_FLAGS } from '../table/secrets.ts'
import { connectSecrets } from './connect-secrets.ts'

/** cli.md 3.13. */
export async function run({ flags, isGiven, session }: Invocation<typeof SECRET_LIST_FLAGS>): Promise<void> {
  const isQuiet = flags.json || flags.output !== ''
  const found = await (await connectSecrets(session, { flags, isGiven, isQuiet })).list()
  const names = found.map(({ name }) => name)
  if (await presentData(session, flags, found)) return
  if (flags.output === 'name') return void session.stdout.write(names.map((name) => `${name}\n`).join(''))
  if (names.length === 0) return say(session, 'No secrets found.')
  say(session, ['', 'NAME', ...names, ''].join('\n'))
}
