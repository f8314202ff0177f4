import type { Invocation } from '../args/command.ts'
import { isOffline } from '../cache/cache-folder.ts'
import { CliError } from '../cli-error.ts'
import { connect } from '../gateway/connect.ts'
import type { GatewayClient } from '../gateway/gateway-client.ts'
import { say, type Session } from '../session.ts'
import type { STORE_DEPLOY_FLAGS } from '../table/store.ts'
import { buildEntry } from './build-entry.ts'
import { catalogue, functionNamed, imageFor, type StoreFunction } from './catalogue.ts'

/** `store deploy` (cli.md 3.14): the requests of `deploy` with an image and a name. */
export async function run(invocation: Invocation<typeof STORE_DEPLOY_FLAGS>): Promise<void> {
  const { args, flags, isGiven, session } = invocation
  if (flags.replace && isGiven('update') && flags.update)
    throw new CliError('cannot specify both --replace and --update', { hint: 'Say --replace alone.' })
  const all = await catalogue(session, { url: flags.url, isOffline: isOffline(session, flags) })
  const found = functionNamed(all, args[0] ?? '', flags.platform)
  const image = imageFor(found, flags.platform)
  const body = bodyOf(invocation, found, image)
  const gateway = connect(session, { flags, isGiven })
  if (found.build !== null)
    await buildEntry(session, {
      ...found.build,
      image,
      platform: flags.platform,
      buildArgs: flags['build-arg'],
    })
  await deploy(session, gateway, {
    body,
    replace: flags.replace,
    update: flags.update && !flags.replace,
    timeoutMs: flags.timeout,
  })
}

type Body = Readonly<Record<string, unknown>> & { readonly service: string; readonly namespace?: string }

/** In the order in which faas-cli sends them (cli.md 3.6). What the command line says wins (cli.md 19, trap 34). */
function bodyOf({ flags }: Invocation<typeof STORE_DEPLOY_FLAGS>, found: StoreFunction, image: string): Body {
  const envVars = { ...found.environment, ...pairs(flags.env, 'env') }
  const limits = resources(flags['memory-limit'], flags['cpu-limit'])
  const requests = resources(flags['memory-request'], flags['cpu-request'])
  return {
    service: flags.name || found.name,
    image,
    ...(flags.namespace !== '' && { namespace: flags.namespace }),
    ...(found.fprocess !== '' && { envProcess: found.fprocess }),
    ...(Object.keys(envVars).length > 0 && { envVars }),
    ...(flags.constraint.length > 0 && { constraints: flags.constraint }),
    ...(flags.secret.length > 0 && { secrets: flags.secret }),
    labels: { ...found.labels, ...pairs(flags.label, 'label') },
    annotations: { ...found.annotations, ...pairs(flags.annotation, 'annotation') },
    ...(limits !== null && { limits }),
    ...(requests !== null && { requests }),
    ...(found.readOnlyRootFilesystem && { readOnlyRootFilesystem: true }),
  }
}

function pairs(texts: readonly string[], flag: string): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf('=')
      const [key, value] = [text.slice(0, at).trim(), text.slice(at + 1).trim()]
      if (at < 0 || key === '' || value === '') throw new CliError(`"${text}" is not NAME=VALUE (--${flag})`)
      return [key, value]
    }),
  )
}

function resources(memory: string, cpu: string): Record<string, string> | null {
  if (memory === '' && cpu === '') return null
  return { ...(memory !== '' && { memory }), ...(cpu !== '' && { cpu }) }
}

async function deploy(
  session: Session,
  gateway: GatewayClient,
  {
    body,
    replace,
    update,
    timeoutMs,
  }: { readonly body: Body; readonly replace: boolean; readonly update: boolean; readonly timeoutMs: number },
): Promise<void> {
  const { service, namespace = '' } = body
  const send = async (method: string, value: object) =>
    gateway.send({
      method,
      path: '/system/functions',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(value),
      timeoutMs,
    })
  if (replace) {
    const removed = await send('DELETE', { functionName: service, ...(namespace !== '' && { namespace }) })
    await removed.text()
    if (removed.status < 300) say(session, 'Removing old function.')
  }
  let answer = await send(update ? 'PUT' : 'POST', body)
  if (update && answer.status === 404) {
    await answer.text()
    answer = await send('POST', body)
  }
  const text = (await answer.text()).trim()
  if (answer.status === 401) throw gateway.refusal(401, text)
  if (answer.status !== 200 && answer.status !== 202)
    throw new CliError(
      `function '${service}' failed to deploy with status code: ${answer.status}, message: ${text}`,
    )
  if (answer.status === 200) say(session, `Function ${service} already exists, attempting rolling-update.`)
  say(session, `\nDeployed. ${answer.statusLine}.`)
  say(session, `URL: ${gateway.address.url}/function/${service}${namespace === '' ? '' : `.${namespace}`}\n`)
}
