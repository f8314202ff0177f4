import { arch } from 'node:os'
import { CliError } from '../cli-error.ts'
import { envOf, say, type Session } from '../session.ts'
import type { DockerBuild } from './docker-words.ts'
import { buildEnv, buildWords } from './docker-words.ts'
import type { BuildValues, PlannedBuild } from './plan.ts'
import { DockerFailed, runDocker } from './run-docker.ts'

/** The platform of this machine, as Docker spells it. */
export function ownPlatform(): string {
  const names: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64', arm: 'arm/v7' }
  return `linux/${names[arch()] ?? arch()}`
}

/** Builds one function with the Docker of this machine. Throws `CliError`. */
export async function buildWithDocker(
  session: Session,
  planned: PlannedBuild,
  flags: BuildValues,
): Promise<void> {
  const context = await planned.makeContext(ownPlatform())
  if (flags.shrinkwrap) return say(session, `${planned.fn.name} shrink-wrapped to build/${planned.fn.name}`)
  say(session, `Building: ${planned.image} with ${planned.fn.lang} template. Please wait..`)
  const build = dockerBuildOf(session, planned, flags)
  await explained(() =>
    runDocker(session, buildWords(build), { cwd: context, env: buildEnv(build), isQuiet: flags.quiet }),
  )
  say(session, `Image: ${planned.image} built.`)
}

export function dockerBuildOf(session: Session, planned: PlannedBuild, flags: BuildValues): DockerBuild {
  return {
    ...planned,
    httpProxy: envOf(session, 'http_proxy'),
    httpsProxy: envOf(session, 'https_proxy'),
    noCache: flags['no-cache'],
    squash: flags.squash,
    pull: flags.pull,
  }
}

/** What `docker` says where it is missing: for a command of its own, and for a build that needs BuildKit. */
const NO_BUILDX =
  /^unknown flag: --(?:name|builder)|'buildx' is not a docker command|buildx component is missing/im

/** Docker's failure as upstream says it. */
export async function explained(run: () => Promise<void>): Promise<void> {
  try {
    await run()
  } catch (error) {
    if (!(error instanceof DockerFailed)) throw error
    if (NO_BUILDX.test(error.message))
      throw new CliError('the Docker of this machine has no buildx, which this needs', {
        cause: error,
        hint: 'Install it (Debian: docker-buildx, Docker: docker-buildx-plugin), or have the host of the gateway build: sampan up',
      })
    throw new CliError(`received non-zero exit code from build, error: ${error.message}`, { cause: error })
  }
}
