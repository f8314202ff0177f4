import type { Invocation } from '../args/command.ts'
import { pairsOf } from '../build/pairs.ts'
import { isOffline } from '../cache/cache-folder.ts'
import { CliError } from '../cli-error.ts'
import { deployAll } from '../deploy/deploy-all.ts'
import { deploymentBody, type DeploymentBody } from '../deploy/deployment-body.ts'
import { warnOfPlainText } from '../gateway/plain-text.ts'
import { connectProject } from '../gateway/project.ts'
import type { STORE_DEPLOY_FLAGS } from '../table/store.ts'
import { buildEntry } from './build-entry.ts'
import { catalogue, functionNamed, imageFor, type StoreFunction } from './catalogue.ts'

type Asked = Invocation<typeof STORE_DEPLOY_FLAGS>

/** `store deploy` (cli.md 3.14): the requests of `deploy` with an image and a name. */
export async function run(invocation: Asked): Promise<void> {
  const { args, flags, isGiven, session } = invocation
  if (flags.replace && isGiven('update') && flags.update)
    throw new CliError('cannot specify both --replace and --update', { hint: 'Say --replace alone.' })
  const all = await catalogue(session, { url: flags.url, isOffline: isOffline(session, flags) })
  const found = functionNamed(all, args[0] ?? '', flags.platform)
  const image = imageFor(found, flags.platform)
  const body = bodyOf(invocation, found, image)
  const { gateway } = await connectProject(session, { flags, isGiven })
  warnOfPlainText(session, gateway.address, flags['tls-no-verify'])
  if (found.build !== null)
    await buildEntry(session, {
      ...found.build,
      image,
      platform: flags.platform,
      buildArgs: flags['build-arg'],
    })
  const functions = [{ name: body.service, body: () => Promise.resolve(body) }]
  const how = { ...flags, update: flags.update && !flags.replace }
  await deployAll(session, gateway, { functions, flags: how, isGiven })
}

/** What the command line says wins (cli.md 19, trap 34). */
function bodyOf({ flags }: Asked, found: StoreFunction, image: string): DeploymentBody {
  const namesOf = (flag: 'env' | 'label' | 'annotation') => Object.fromEntries(pairsOf(flag, flags[flag]))
  return deploymentBody({
    name: flags.name || found.name,
    image,
    namespace: flags.namespace,
    process: found.fprocess,
    environment: { ...found.environment, ...namesOf('env') },
    constraints: flags.constraint,
    secrets: flags.secret,
    labels: { ...found.labels, ...namesOf('label') },
    annotations: { ...found.annotations, ...namesOf('annotation') },
    limits: { memory: flags['memory-limit'], cpu: flags['cpu-limit'] },
    requests: { memory: flags['memory-request'], cpu: flags['cpu-request'] },
    readOnlyRootFilesystem: found.readOnlyRootFilesystem,
  })
}
