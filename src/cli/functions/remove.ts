import type { Invocation } from '../args/command.ts'
import { CliError } from '../cli-error.ts'
import { confirm } from '../input/confirm.ts'
import { readStdin } from '../input/read-stdin.ts'
import { note, say, type Session } from '../session.ts'
import { selectFunctions } from '../stack/select-functions.ts'
import type { REMOVE_FLAGS } from '../table/functions.ts'
import { FunctionsClient } from './functions-client.ts'

type RemoveInvocation = Invocation<typeof REMOVE_FLAGS>

interface Meant {
  readonly name: string
  readonly namespace: string
}

/** cli.md 3.7. Every one is tried, whatever becomes of the others. */
export async function run(invocation: RemoveInvocation): Promise<number> {
  const { flags, isGiven, session } = invocation
  const client = await FunctionsClient.connect(session, { flags, isGiven })
  const meant = await meantBy(invocation, client)
  let failures = 0
  for (const one of meant) {
    const failure = await removed(client, one, session).catch((error: unknown) => {
      if (error instanceof CliError) return error
      throw error
    })
    if (failure === null) continue
    failures += 1
    note(session, failure.message)
    if (failure.hint !== '' && failures === 1) note(session, failure.hint)
  }
  return failures === 0 ? 0 : 1
}

async function meantBy(
  { args, flags, session }: RemoveInvocation,
  client: FunctionsClient,
): Promise<readonly Meant[]> {
  const named = (name: string): Meant => ({ name, namespace: client.namespaceOf(name, flags.namespace) })
  if (flags.all) {
    if (args.length > 0) throw new CliError('--all is all of them, so name none')
    const all = (await client.list(flags.namespace)) ?? []
    if (all.length === 0) throw new CliError('there are no functions to remove')
    if (!flags.yes && session.stdin.isTTY !== true)
      throw new CliError('--all removes every function: say --yes where nobody can be asked')
    if (!flags.yes) await confirm(session, `Remove ${all.map(({ name }) => name).join(', ')}?`)
    return all.map(({ name }) => ({ name, namespace: flags.namespace }))
  }
  if (args.length === 1 && args[0] === '-') {
    const text = (await readStdin(session)).toString('utf8')
    return [...new Set(text.split(/\s+/).filter((name) => name !== ''))].map(named)
  }
  if (args.length > 0) return [...new Set(args)].map(named)
  if (client.stack === null)
    throw new CliError('name a function to remove, or a stack file with -f', {
      hint: 'See which there are: sampan list',
    })
  return selectFunctions(client.stack.functions, flags).map(({ name }) => named(name))
}

/** Null, or why not. */
async function removed(
  { gateway }: FunctionsClient,
  { name, namespace }: Meant,
  session: Session,
): Promise<CliError | null> {
  say(session, `Deleting: ${name}.${namespace}`)
  const body = JSON.stringify({ functionName: name, ...(namespace !== '' && { namespace }) })
  const headers = { 'Content-Type': 'application/json' }
  const answer = await gateway.send({ method: 'DELETE', path: '/system/functions', headers, body })
  const text = await answer.text()
  if ([200, 201, 202].includes(answer.status)) {
    say(session, 'Removing old function.')
    return null
  }
  if (answer.status === 404) return new CliError(`No existing function to remove: ${name}`)
  return gateway.refusal(answer.status, text)
}
