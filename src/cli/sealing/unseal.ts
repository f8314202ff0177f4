import type { Invocation } from '../args/command.ts'
import { CliError } from '../cli-error.ts'
import { goJson } from '../output/go-json.ts'
import { say } from '../session.ts'
import type { SECRET_UNSEAL_FLAGS } from '../table/secrets.ts'
import { bytesIn } from './named-values.ts'
import { readKey, unsealed } from './sealed-file.ts'

/** cli.md 11. */
export async function run(invocation: Invocation<typeof SECRET_UNSEAL_FLAGS>): Promise<void> {
  const {
    args: [file = ''],
    flags,
    session,
  } = invocation
  const privateKey = readKey((await bytesIn(session.cwd, file)).toString('utf8'), file)
  const values = await unsealed((await bytesIn(session.cwd, flags.in)).toString('utf8'), privateKey)
  if (flags.key !== '') {
    const value = values.get(flags.key)
    if (value === undefined)
      throw new CliError(`there is no secret "${flags.key}" in ${flags.in}`, {
        hint: `There is ${[...values.keys()].join(', ')}.`,
      })
    session.stdout.write(value)
    return
  }
  const texts = [...values].map(([name, value]) => [name, Buffer.from(value).toString('utf8')] as const)
  if (flags.json) say(session, goJson(Object.fromEntries(texts)))
  else for (const [name, text] of texts) say(session, `${name}=${text}`)
}
