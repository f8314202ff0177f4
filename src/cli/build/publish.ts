import type { FlagValues, GlobalValues, Invocation } from '../args/command.ts'
import { CliError } from '../cli-error.ts'
import { say, type Session } from '../session.ts'
import { requireStack } from '../stack/load-stack.ts'
import type { StackFunction } from '../stack/stack-file.ts'
import type { PUBLISH_FLAGS } from '../table/build.ts'
import { buildEach } from './build.ts'
import { dockerBuildOf, explained } from './build-with-docker.ts'
import { buildEnv, type DockerBuild, publishWords } from './docker-words.ts'
import type { BuildPlan } from './plan.ts'
import { buildRemotely, namedBuilder } from './remote-build.ts'
import { DockerFailed, runDocker } from './run-docker.ts'

export type PublishValues = FlagValues<typeof PUBLISH_FLAGS> & GlobalValues

/** The name of the builder, as in faas-cli. */
const BUILDER = 'multiarch'
export const CLI_ENV = { DOCKER_CLI_EXPERIMENTAL: 'enabled' }

const EMULATORS = ['run', '--rm', '--privileged', 'multiarch/qemu-user-static', '--reset', '-p', 'yes']
const INSPECT = ['buildx', 'inspect', BUILDER]
const CREATE = ['buildx', 'create', `--name=${BUILDER}`, `--node=${BUILDER}`]

/** cli.md 3.4. */
export async function run({ flags, isGiven, session }: Invocation<typeof PUBLISH_FLAGS>): Promise<void> {
  const values = flags as PublishValues
  if (flags.parallel < 1) throw new CliError('--parallel must be 1 or more')
  const stack = await requireStack(session, values)
  await publishAll(session, values, {
    plan: { stack, functions: stack.functions },
    hasPlatforms: isGiven('platforms'),
  })
}

/** `hasPlatforms`: the flag was given, and wins over what the stack file says of a function. */
export async function publishAll(
  session: Session,
  flags: PublishValues,
  { plan, hasPlatforms }: { readonly plan: BuildPlan; readonly hasPlatforms: boolean },
): Promise<void> {
  const builder = await namedBuilder(session, flags)
  if (builder !== null && flags.pull) throw new CliError('--pull cannot be used with a remote builder')
  if (builder === null) await prepareBuildx(session, flags)
  await buildEach(session, { flags, plan }, async (planned) => {
    const platforms = platformsOf(planned.fn, flags, hasPlatforms)
    const list = platformList(platforms)
    if (builder !== null) {
      await buildRemotely(session, planned, { builder, flags, platforms: list })
      return
    }
    const context = await planned.makeContext(list[0] ?? '')
    if (flags.shrinkwrap) return say(session, `${planned.fn.name} shrink-wrapped to build/${planned.fn.name}`)
    say(session, `Publishing: ${planned.image} with ${planned.fn.lang} template. Please wait..`)
    const build = dockerBuildOf(session, planned, flags)
    const words = buildxWords(build, flags, platforms)
    await explained(() =>
      runDocker(session, words, {
        cwd: context,
        env: { ...CLI_ENV, ...buildEnv(build) },
        isQuiet: flags.quiet,
      }),
    )
    say(session, `Image: ${planned.image} built.`)
  })
}

/** What a function is published for: the flag, where it was given, wins over the stack file. */
export function platformsOf(
  { platforms }: Pick<StackFunction, 'platforms'>,
  flags: Pick<PublishValues, 'platforms'>,
  hasPlatforms: boolean,
): string {
  return hasPlatforms || platforms === '' ? flags.platforms : platforms
}

export function platformList(platforms: string): readonly string[] {
  return platforms.split(',').map((one) => one.trim())
}

export function buildxWords(
  build: DockerBuild,
  flags: Pick<PublishValues, 'extra-tag'>,
  platforms: string,
): readonly string[] {
  return publishWords(build, { platforms, extraTags: flags['extra-tag'], builder: BUILDER })
}

/** Words of what comes before the first of them; the last only where the one before fails. */
export function preparation(flags: Pick<PublishValues, 'reset-qemu'>): readonly (readonly string[])[] {
  return [...(flags['reset-qemu'] ? [EMULATORS] : []), INSPECT, CREATE]
}

/** A builder of its own, which does not become the user's current one (cli.md 19, trap 26). */
async function prepareBuildx(session: Session, flags: PublishValues): Promise<void> {
  const how = { cwd: session.cwd, env: CLI_ENV, isQuiet: true }
  if (flags['reset-qemu']) await runDocker(session, EMULATORS, how)
  try {
    await runDocker(session, INSPECT, how)
  } catch (error) {
    if (!(error instanceof DockerFailed)) throw error
    await explained(() => runDocker(session, CREATE, how))
  }
}
