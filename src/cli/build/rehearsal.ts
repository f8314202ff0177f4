import { relative } from 'node:path'
import { CliError } from '../cli-error.ts'
import { deployAll } from '../deploy/deploy-all.ts'
import { stackDeployment } from '../deploy/stack-deployment.ts'
import type { GatewayClient } from '../gateway/gateway-client.ts'
import { say, type Session } from '../session.ts'
import type { StackFunction } from '../stack/stack-file.ts'
import { dockerBuildOf } from './build-with-docker.ts'
import { handlerFolderOf } from './context.ts'
import { buildEnv, buildWords, shellLine } from './docker-words.ts'
import { imageName } from './image-name.ts'
import { type BuildPlan, type PlannedBuild, plannedBuild } from './plan.ts'
import { buildxWords, CLI_ENV, platformList, platformsOf, preparation } from './publish.ts'
import { pushWords, refuseBare } from './push.ts'
import { BUILD_PATH, buildConfig, type Builder, CONFIG_FILE, namedBuilder } from './remote-build.ts'
import type { UpValues } from './up.ts'

interface Asked {
  readonly session: Session
  readonly flags: UpValues
  readonly isGiven: (name: 'wait' | 'platforms') => boolean
}

interface Rehearsed {
  readonly plan: BuildPlan
  readonly client: GatewayClient
  readonly isBuiltByHost: boolean
}

/** `up --dry-run`: the commands and requests of `up`, in its order. Nothing is written, fetched, built, pushed or deployed. */
export async function rehearse(asked: Asked, { plan, client, isBuiltByHost }: Rehearsed): Promise<void> {
  const { session, flags, isGiven } = asked
  const builder = isBuiltByHost
    ? { client, payloadSecret: null, publicKey: '' }
    : await namedBuilder(session, flags)
  const built = plan.functions.filter((fn) => !fn.skipBuild)
  for (const { name } of plan.functions.filter((fn) => fn.skipBuild))
    say(session, `# ${name} is not built (skip_build)`)
  if (flags.publish && builder === null) showPreparation(asked)
  for (const fn of built) await showBuild(asked, { fn, plan, builder })
  const isPushed = !flags['skip-push'] && !flags.publish && builder === null && !flags.shrinkwrap
  if (isPushed) {
    refuseBare(built)
    for (const fn of built)
      say(session, shellLine(pushWords(await imageName(session, fn, flags.tag), flags.quiet)))
  }
  if (flags['skip-deploy'] || flags.shrinkwrap) return
  const functions = plan.functions.map((fn) => ({
    name: fn.name,
    body: async () => {
      const isById = isBuiltByHost && !fn.skipBuild
      const image = isById ? `<id of ${await imageName(session, fn, flags.tag)}>` : undefined
      return stackDeployment(session, fn, { flags, image })
    },
  }))
  await deployAll(session, client, { functions, flags, isGiven })
}

/** The last of it runs only where the one before finds nothing. */
function showPreparation({ session, flags }: Asked): void {
  const all = preparation(flags).map((words) => shellLine(words, CLI_ENV))
  for (const line of all.slice(0, -2)) say(session, line)
  say(session, all.slice(-2).join(' || '))
}

async function showBuild(
  asked: Asked,
  {
    fn,
    plan,
    builder,
  }: { readonly fn: StackFunction; readonly plan: BuildPlan; readonly builder: Builder | null },
): Promise<void> {
  const { session, flags, isGiven } = asked
  const planned = await plannedBuild(session, fn, { flags, stack: plan.stack, isRehearsal: true })
  if (planned === null) throw new CliError(`${fn.name}: no language (lang) was given`)
  const handler = await handlerFolderOf(session, fn)
  say(
    session,
    `# build/${fn.name}: template ${fn.lang}, handler ${relative(session.cwd, handler) || '.'}${withSecrets(planned)}`,
  )
  if (flags.shrinkwrap) return
  const platforms = platformsOf(fn, flags, isGiven('platforms'))
  if (builder !== null) {
    const config = buildConfig(planned, flags, flags.publish ? platformList(platforms) : [])
    say(session, `POST ${builder.client.address.url}${BUILD_PATH} (build/${fn.name} and ${CONFIG_FILE})`)
    return say(session, JSON.stringify(config, null, 2))
  }
  const build = dockerBuildOf(session, planned, flags)
  const words = flags.publish ? buildxWords(build, flags, platforms) : buildWords(build)
  const env = { ...(flags.publish && CLI_ENV), ...buildEnv(build) }
  say(session, `(cd build/${fn.name} && ${shellLine(words, env)})`)
}

function withSecrets({ secrets }: PlannedBuild): string {
  const ids = Object.keys(secrets)
  return ids.length === 0 ? '' : `, secrets ${ids.join(', ')}`
}
