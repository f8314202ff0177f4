import type { FlagValues, GlobalValues, Invocation } from '../args/command.ts'
import { CliError } from '../cli-error.ts'
import { connect } from '../gateway/connect.ts'
import type { GatewayClient } from '../gateway/gateway-client.ts'
import { projectOf } from '../gateway/project.ts'
import { deployAll } from '../deploy/deploy-all.ts'
import { refuseBoth } from '../deploy/send-deployment.ts'
import { stackDeployment } from '../deploy/stack-deployment.ts'
import { note, type Session } from '../session.ts'
import type { UP_FLAGS } from '../table/build.ts'
import { buildAll, buildEach } from './build.ts'
import { type BuildPlan, planOf } from './plan.ts'
import { publishAll } from './publish.ts'
import { pushAll } from './push.ts'
import { rehearse } from './rehearsal.ts'
import { buildRemotely, namedBuilder } from './remote-build.ts'
import { watchUp } from './watch-up.ts'

export type UpValues = FlagValues<typeof UP_FLAGS> & GlobalValues

/** By function: what to deploy, where a build told. */
type Images = Map<string, string>

/** cli.md 3.5; but the host of the gateway builds, unless the flags say otherwise or it does not build. */
export async function run(asked: Invocation<typeof UP_FLAGS>): Promise<void> {
  const { flags, isGiven, session } = asked
  const values = flags as UpValues
  if (isGiven('platforms') && !flags.publish)
    throw new CliError('--platforms can only be used with --publish', {
      hint: 'The host of the gateway builds for itself.',
    })
  refuseBoth(flags)
  if (!flags.watch || flags['dry-run']) return once(asked, await planOf(session, values))
  await watchUp(session, {
    yaml: flags.yaml,
    environmentFiles: flags['environment-file'],
    planOf: () => planOf(session, values),
    once: (plan) => once(asked, plan),
  })
}

async function once(
  { flags, isGiven, session }: Invocation<typeof UP_FLAGS>,
  plan: BuildPlan,
): Promise<void> {
  const values = flags as UpValues
  const stack = plan.stack ?? (await projectOf(session, { flags: values, isGiven }))
  const client = connect(session, { flags: values, isGiven, stack })
  const isHosts = !flags.publish && (await isBuiltByHost(session, values, client))
  if (flags['dry-run'])
    return rehearse({ session, flags: values, isGiven }, { plan, client, isBuiltByHost: isHosts })
  const images: Images = new Map()
  if (flags.publish) await publishAll(session, values, { plan, hasPlatforms: isGiven('platforms') })
  else if (isHosts) await buildOnHost(session, values, { plan, client, images })
  else {
    await buildAll(session, values, plan)
    const isRemote = (await namedBuilder(session, values)) !== null
    if (!flags['skip-push'] && !isRemote && !flags.shrinkwrap) await pushAll(session, values, plan.functions)
  }
  if (flags['skip-deploy'] || flags.shrinkwrap) return
  const functions = plan.functions.map((fn) => ({
    name: fn.name,
    body: () => stackDeployment(session, fn, { flags: values, image: images.get(fn.name) }),
  }))
  await deployAll(session, client, { functions, flags: values, isGiven })
}

/** Whether the gateway takes source. One that is older, or another's, knows no `/publickey`. */
async function isBuiltByHost(session: Session, flags: UpValues, client: GatewayClient): Promise<boolean> {
  if (flags.local || flags['skip-push'] || flags.squash || (await namedBuilder(session, flags)) !== null)
    return false
  const answer = await client.send({ method: 'GET', path: '/publickey', isAnonymous: true })
  answer.body.resume()
  if (answer.status === 200) return true
  note(
    session,
    `${client.address.url} builds no images, so the Docker of this machine does, and they are pushed.`,
  )
  return false
}

async function buildOnHost(
  session: Session,
  flags: UpValues,
  {
    plan,
    client,
    images,
  }: { readonly plan: BuildPlan; readonly client: GatewayClient; readonly images: Images },
): Promise<void> {
  const builder = { client, payloadSecret: null, publicKey: '' }
  await buildEach(session, { flags, plan }, async (planned) => {
    const id = await buildRemotely(session, planned, { builder, flags, platforms: [] })
    if (id !== '') images.set(planned.fn.name, id)
  })
}
