import { createHmac } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { BuildFailed, CliError } from '../cli-error.ts'
import { GatewayClient } from '../gateway/gateway-client.ts'
import { normalised } from '../gateway/gateway-address.ts'
import { readKey, SEALED_FILE, sealedFile } from '../sealing/sealed-file.ts'
import { envOf, say, type Session } from '../session.ts'
import type { BuildValues, PlannedBuild } from './plan.ts'
import { tarOf } from './tar-folder.ts'

export const BUILD_PATH = '/build'
export const CONFIG_FILE = 'com.openfaas.docker.config'

/** Where images are built that are not built here. */
export interface Builder {
  readonly client: GatewayClient
  /** Null: the credentials of the gateway are enough. */
  readonly payloadSecret: string | null
  /** Empty: it is asked for its key. */
  readonly publicKey: string
}

interface BuildLine {
  readonly log?: readonly string[] | null
  readonly status?: string
  readonly error?: string
  readonly id?: string
}

/** The builder that flags or the environment name; null: none. Throws `CliError`. */
export async function namedBuilder(session: Session, flags: BuildValues): Promise<Builder | null> {
  const given = (
    flag: 'remote-builder' | 'payload-secret' | 'builder-public-key',
    variable: string,
  ): string => flags[flag] || envOf(session, variable)
  const url = given('remote-builder', 'OPENFAAS_REMOTE_BUILDER')
  if (url === '') return null
  const secretFile = given('payload-secret', 'OPENFAAS_PAYLOAD_SECRET')
  if (secretFile === '')
    throw new CliError('a remote builder needs --payload-secret, a file with the key that it shares with you')
  const { origin } = new URL(normalised(url))
  const key = given('builder-public-key', 'OPENFAAS_BUILDER_PUBLIC_KEY')
  const keyText = key === '' ? '' : await textOrFile(session, key)
  return {
    client: new GatewayClient({ session, address: { url: origin, source: 'flag' } }),
    payloadSecret: (await fileText(session, secretFile)).trim(),
    publicKey: keyText,
  }
}

/** Builds one function elsewhere; answers the id of the image, empty where the builder does not tell. Throws `CliError`. */
export async function buildRemotely(
  session: Session,
  planned: PlannedBuild,
  {
    builder,
    flags,
    platforms,
  }: { readonly builder: Builder; readonly flags: BuildValues; readonly platforms: readonly string[] },
): Promise<string> {
  const context = await planned.makeContext(platforms[0] ?? (await platformOf(builder.client)))
  if (flags.shrinkwrap) {
    say(session, `${planned.fn.name} shrink-wrapped to build/${planned.fn.name}`)
    return ''
  }
  say(session, `Building: ${planned.image} with ${planned.fn.lang} template. Please wait..`)
  const body = tarOf(context, 'context', await partsOf(planned, { builder, flags, platforms }))
  const { signed, stream } = await signedBody(body, builder.payloadSecret)
  const answer = await builder.client.send({
    method: 'POST',
    path: BUILD_PATH,
    timeoutMs: 0,
    isAnonymous: builder.payloadSecret !== null,
    headers: {
      'Content-Type': 'application/octet-stream',
      Accept: 'application/x-ndjson',
      ...(signed === null ? {} : { 'X-Build-Signature': `sha256=${signed}` }),
    },
    body: stream,
  })
  if (answer.status !== 200 && answer.status !== 202)
    throw builder.client.refusal(answer.status, await answer.text())
  const id = await followed(session, answer.body, flags.quiet)
  say(session, `Image: ${planned.image} built.`)
  return id
}

/** What the builder is told besides the context (cli.md 9.5). */
export function buildConfig(
  { image, args }: Pick<PlannedBuild, 'image' | 'args'>,
  flags: Pick<BuildValues, 'no-cache'>,
  platforms: readonly string[],
): object {
  return {
    image,
    ...(Object.keys(args).length > 0 && { buildArgs: args }),
    ...(platforms.length > 0 && { platforms }),
    ...(flags['no-cache'] && { noCache: true }),
  }
}

async function partsOf(
  planned: PlannedBuild,
  {
    builder,
    flags,
    platforms,
  }: { readonly builder: Builder; readonly flags: BuildValues; readonly platforms: readonly string[] },
): Promise<Readonly<Record<string, string>>> {
  const config = buildConfig(planned, flags, platforms)
  const ids = Object.entries(planned.secrets)
  if (ids.length === 0) return { [CONFIG_FILE]: JSON.stringify(config) }
  const values: Record<string, Uint8Array> = {}
  for (const [id, path] of ids) values[id] = await readFile(path).catch(unreadable(`the build secret ${id}`))
  return {
    [CONFIG_FILE]: JSON.stringify(config),
    [SEALED_FILE]: await sealedFile(await keyOf(builder), values),
  }
}

async function keyOf({ client, publicKey }: Builder): Promise<Uint8Array> {
  if (publicKey !== '') {
    const [, inJson] = /"public_key"\s*:\s*"([^"]*)"/.exec(publicKey) ?? []
    return readKey(inJson ?? publicKey, 'the public key of the builder')
  }
  const answer = await client.json<{ readonly algorithm?: string; readonly public_key?: string }>({
    method: 'GET',
    path: '/publickey',
  })
  if ((answer.algorithm ?? '') !== '' && answer.algorithm !== 'nacl/box')
    throw new CliError(`the builder seals with ${answer.algorithm}, which is not known`)
  return readKey(answer.public_key ?? '', 'the public key of the builder')
}

/** The signature is over all of it, so that a signed body has to be in memory. */
async function signedBody(
  body: AsyncIterable<Uint8Array>,
  secret: string | null,
): Promise<{ readonly signed: string | null; readonly stream: Readable | Buffer }> {
  if (secret === null) return { signed: null, stream: Readable.from(body, { objectMode: false }) }
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  const whole = Buffer.concat(chunks)
  return { signed: createHmac('sha256', secret).update(whole).digest('hex'), stream: whole }
}

/** A stream that ends without a result was cut off, which is a failure. */
async function followed(session: Session, body: Readable, isQuiet: boolean): Promise<string> {
  let failure: Error | undefined
  body.on('error', (error) => (failure = error))
  for await (const text of createInterface({ input: body, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (text.trim() === '') continue
    const line = lineOf(text)
    if (!isQuiet) for (const said of line.log ?? []) say(session, fitted(session, said))
    if (line.status === 'success') return line.id ?? ''
    if (line.status === 'failed') throw new BuildFailed(`the build failed: ${line.error ?? ''}`)
  }
  throw new CliError(
    `the builder broke off before the build had ended${failure === undefined ? '' : `: ${failure.message}`}`,
    {
      hint: 'Its log says why.',
    },
  )
}

/** At a terminal the command of a step is one line: it stands in the Dockerfile. What it says is never cut. */
function fitted({ stdout }: Session, text: string): string {
  const { isTTY, columns = 80 } = stdout
  const isLong = isTTY === true && text.length > columns && /^#\d{1,4} \[[^\]]{1,40}\] /.test(text)
  return isLong ? `${text.slice(0, columns - 1)}…` : text
}

function lineOf(text: string): BuildLine {
  try {
    return JSON.parse(text) as BuildLine
  } catch (error) {
    throw new CliError(`the builder answered no JSON: ${text.slice(0, 200)}`, { cause: error })
  }
}

/** What the host of the gateway is; where it does not tell, a watchdog for this machine is as good as any. */
async function platformOf(client: GatewayClient): Promise<string> {
  const { ownPlatform } = await import('./build-with-docker.ts')
  try {
    const info = await client.json<{ readonly arch?: string }>({ method: 'GET', path: '/system/info' })
    return info.arch === undefined
      ? ownPlatform()
      : `linux/${info.arch.replace('x86_64', 'amd64').replace('aarch64', 'arm64')}`
  } catch (error) {
    if (error instanceof CliError) return ownPlatform()
    throw error
  }
}

function fileText(session: Session, file: string): Promise<string> {
  return readFile(resolve(session.cwd, file), 'utf8').catch(unreadable(file))
}

function unreadable(what: string): (cause: unknown) => never {
  return (cause) => {
    throw new CliError(`${what} cannot be read: ${(cause as Error).message}`, { cause })
  }
}

async function textOrFile(session: Session, text: string): Promise<string> {
  if (/^[A-Za-z0-9+/]{43}=$|^\s*\{/.test(text)) return text
  return fileText(session, text)
}
