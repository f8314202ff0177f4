import { resolve } from 'node:path'
import { readFile } from 'node:fs/promises'
import { CliError } from '../cli-error.ts'
import type { GatewayClient } from '../gateway/gateway-client.ts'
import { say, type Session } from '../session.ts'
import type { ResourceTexts, StackFunction } from '../stack/stack-file.ts'
import { pairsOf } from './pairs.ts'

/** What the flags of `up` say about each function. */
export interface DeployFlags {
  readonly namespace: string
  readonly env: readonly string[]
  readonly label: readonly string[]
  readonly annotation: readonly string[]
  readonly secret: readonly string[]
  readonly constraint: readonly string[]
  readonly readonly: boolean
  readonly update: boolean
  readonly replace: boolean
  readonly timeout: number
}

export interface Deployed {
  readonly fn: StackFunction
  /** What is to run: a name, or the id of an image that is on the host. */
  readonly image: string
  /** Empty: the image says. */
  readonly process: string
}

/** Deploys one function, new or not (cli.md 3.6). Throws `CliError`. */
export async function deployStep(
  session: Session,
  client: GatewayClient,
  { deployed, flags }: { readonly deployed: Deployed; readonly flags: DeployFlags },
): Promise<void> {
  const body = JSON.stringify(await deploymentOf(session, deployed, flags))
  const headers = { 'Content-Type': 'application/json' }
  const { name } = deployed.fn
  const namespace = flags.namespace || deployed.fn.namespace
  say(session, `Deploying: ${name}.`)
  const send = async (method: string, sent = body) => {
    const answer = await client.send({
      method,
      path: '/system/functions',
      headers,
      body: sent,
      timeoutMs: flags.timeout,
    })
    return { answer, text: await answer.text() }
  }
  if (flags.replace) {
    const { answer } = await send(
      'DELETE',
      JSON.stringify({ functionName: name, ...(namespace !== '' && { namespace }) }),
    )
    if (answer.status === 200 || answer.status === 202) say(session, 'Removing old function.')
  }
  let { answer, text } = await send(flags.update ? 'PUT' : 'POST')
  if (flags.update && answer.status === 404) ({ answer, text } = await send('POST'))
  if (answer.status === 401) throw client.refusal(401, text)
  if (answer.status !== 202 && answer.status !== 200)
    throw new CliError(`Unexpected status: ${answer.status}, message: ${text.trim()}`, {
      hint: `Function '${name}' failed to deploy with status code: ${answer.status}`,
    })
  if (answer.status === 200) say(session, `Function ${name} already exists, attempting rolling-update.`)
  const suffix = namespace === '' ? '' : `.${namespace}`
  say(session, `\nDeployed. ${answer.statusLine}.\nURL: ${client.address.url}/function/${name}${suffix}\n`)
}

async function deploymentOf(
  session: Session,
  { fn, image, process }: Deployed,
  flags: DeployFlags,
): Promise<object> {
  const env = { ...fn.environment, ...(await filesOf(session, fn)), ...objectOf('env', flags.env) }
  const namespace = flags.namespace || fn.namespace
  const constraints = fn.constraints ?? flags.constraint
  const secrets = [...new Set([...flags.secret, ...fn.secrets])]
  return {
    service: fn.name,
    image,
    ...(namespace !== '' && { namespace }),
    ...(process !== '' && { envProcess: process }),
    ...(Object.keys(env).length > 0 && { envVars: env }),
    ...(constraints.length > 0 && { constraints }),
    ...(secrets.length > 0 && { secrets }),
    labels: { ...fn.labels, ...objectOf('label', flags.label) },
    annotations: { ...fn.annotations, ...objectOf('annotation', flags.annotation) },
    ...resources('limits', fn.limits),
    ...resources('requests', fn.requests),
    ...((flags.readonly || fn.readOnlyRootFilesystem) && { readOnlyRootFilesystem: true }),
  }
}

function resources(field: string, { memory, cpu }: ResourceTexts): object {
  const said = { ...(memory !== '' && { memory }), ...(cpu !== '' && { cpu }) }
  return Object.keys(said).length === 0 ? {} : { [field]: said }
}

function objectOf(flag: string, texts: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(pairsOf(flag, texts))
}

/** The variables of `environment_file`, the last file wins. Throws `CliError`. */
export async function filesOf(
  session: Session,
  fn: StackFunction,
): Promise<Readonly<Record<string, string>>> {
  const all: Record<string, string> = {}
  for (const path of fn.environmentFiles) {
    const full = resolve(session.cwd, path)
    const text = await readFile(full, 'utf8').catch((cause: unknown) => {
      throw new CliError(`${full} cannot be read: ${(cause as Error).message}`, { cause })
    })
    const { parse } = await import('yaml')
    const parsed = parse(text, { schema: 'failsafe' }) as {
      readonly environment?: Record<string, string>
    } | null
    Object.assign(all, parsed?.environment)
  }
  return all
}
