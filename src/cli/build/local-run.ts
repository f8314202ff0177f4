import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { DEFAULT_NAMESPACE } from '../../core/functions/function-name.ts'
import type { FlagValues, GlobalValues, Invocation } from '../args/command.ts'
import { CliError } from '../cli-error.ts'
import { note, say, type Session } from '../session.ts'
import type { StackFunction } from '../stack/stack-file.ts'
import type { LOCAL_RUN_FLAGS } from '../table/build.ts'
import { buildAll } from './build.ts'
import { environmentOf as environmentOfFiles } from '../deploy/environment-files.ts'
import { imageName } from './image-name.ts'
import { shellLine } from './docker-words.ts'
import { localRunWords } from './local-run-words.ts'
import { pairsOf } from './pairs.ts'
import { planOf, plannedBuild } from './plan.ts'
import { DockerFailed, runDocker } from './run-docker.ts'

type LocalRunValues = FlagValues<typeof LOCAL_RUN_FLAGS> & GlobalValues

/** cli.md 10.1. With `--print` nothing is built, removed or run (cli.md 19, trap 27). */
export async function run({ args, flags, session }: Invocation<typeof LOCAL_RUN_FLAGS>): Promise<number> {
  const values = flags as LocalRunValues
  if (flags.watch)
    throw new CliError('local-run does not watch (nor does that of faas-cli)', {
      hint: 'Write: sampan dev   or run the command again after a change.',
    })
  const plan = await planOf(session, values)
  const fn = chosen(plan.functions, args[0] ?? '')
  const one = { stack: plan.stack, functions: [fn] }
  if (flags.build && !flags.print) await buildAll(session, values, one)
  const planned = flags.build
    ? await plannedBuild(session, fn, { flags: values, stack: plan.stack, isRehearsal: flags.print })
    : null
  const image = planned?.image ?? (await imageName(session, fn, flags.tag))
  const port = flags.port === 0 ? await freePort() : flags.port
  const { words, remarks } = localRunWords({
    fn,
    image,
    port,
    network: flags.network,
    env: await environmentOf(session, fn, flags.env),
    fprocess: fn.fprocess || planned?.manifest?.fprocess || '',
    secretsFolder: await secretsFolder(session, fn, flags.print),
  })
  for (const remark of remarks) note(session, remark)
  if (flags.print) {
    say(session, shellLine(words))
    return 0
  }
  say(session, `Image: ${image}`)
  say(session, `Starting local-run for: ${fn.name} on: http://0.0.0.0:${port}\n`)
  await removeContainer(session, fn.name)
  return runToItsEnd(session, fn.name, words)
}

/** Ends with the container; Ctrl-C removes it. */
async function runToItsEnd(session: Session, name: string, words: readonly string[]): Promise<number> {
  try {
    await runDocker(session, words, { cwd: session.cwd })
    return 0
  } catch (error) {
    if (error instanceof DockerFailed && !session.signal.aborted) return error.status
    throw error
  } finally {
    // The session is over by then: docker is asked all the same.
    const after = { ...session, signal: new AbortController().signal }
    if (session.signal.aborted) await removeContainer(after, name)
  }
}

async function removeContainer(session: Session, name: string): Promise<void> {
  try {
    await runDocker(session, ['rm', '-f', name], { cwd: session.cwd, isQuiet: true })
  } catch (error) {
    if (!(error instanceof DockerFailed)) throw error
  }
}

function chosen(functions: readonly StackFunction[], name: string): StackFunction {
  const names = functions.map((fn) => fn.name).join(', ')
  const [only, ...others] = name === '' ? functions : functions.filter((fn) => fn.name === name)
  if (only === undefined)
    throw new CliError(`there is no function ${name} in the stack file`, { hint: `It has: ${names}` })
  if (others.length > 0)
    throw new CliError('the stack file has several functions', { hint: `Name one of: ${names}` })
  return only
}

async function environmentOf(
  session: Session,
  fn: StackFunction,
  given: readonly string[],
): Promise<Readonly<Record<string, string>>> {
  // Of this flag a comma separates, too.
  const flags = pairsOf(
    'env',
    given.flatMap((text) => text.split(/,(?=[^,=]+=)/)),
  )
  return {
    ...fn.environment,
    ...(await environmentOfFiles(session, fn.environmentFiles)),
    ...Object.fromEntries(flags),
    OPENFAAS_NAME: fn.name,
    OPENFAAS_NAMESPACE: fn.namespace || DEFAULT_NAMESPACE,
    jwt_auth_local: 'true',
  }
}

/** Files of secrets must be there, unless nothing is run. Throws `CliError`. */
async function secretsFolder(
  session: Session,
  { secrets }: StackFunction,
  isPrinted: boolean,
): Promise<string> {
  const folder = join(session.cwd, '.secrets')
  if (secrets.length === 0 || isPrinted) return folder
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const missing = secrets.filter((name) => !existsSync(join(folder, name)))
  if (missing.length === 0) return folder
  throw new CliError(`secret ${missing.join(', ')} is missing`, {
    hint: `Write its value into a file: ${missing.map((name) => join('.secrets', name)).join(', ')}`,
  })
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
