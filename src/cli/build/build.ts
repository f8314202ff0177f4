import type { Invocation } from '../args/command.ts'
import { CliError } from '../cli-error.ts'
import { note, say, type Session } from '../session.ts'
import type { BUILD_FLAGS } from '../table/build.ts'
import { buildWithDocker } from './build-with-docker.ts'
import {
  type BuildPlan,
  type BuildValues,
  fetchTemplates,
  planOf,
  type PlannedBuild,
  plannedBuild,
} from './plan.ts'
import { buildRemotely, namedBuilder } from './remote-build.ts'
import { workOn } from './workers.ts'

/** cli.md 3.2. */
export async function run({ flags, session }: Invocation<typeof BUILD_FLAGS>): Promise<void> {
  const values = flags as BuildValues
  await buildAll(session, values, await planOf(session, values))
}

/** Builds what a plan has, with a remote builder where one is named. */
export async function buildAll(session: Session, flags: BuildValues, plan: BuildPlan): Promise<void> {
  const builder = await namedBuilder(session, flags)
  if (builder !== null && flags.pull) note(session, '--pull means nothing to a remote builder')
  await buildEach(session, { flags, plan }, async (planned) => {
    if (builder === null) await buildWithDocker(session, planned, flags)
    else await buildRemotely(session, planned, { builder, flags, platforms: [] })
  })
}

/** Has each function of a plan built in some way. Templates are looked for before anything is built. */
export async function buildEach(
  session: Session,
  { flags, plan }: { readonly flags: BuildValues; readonly plan: BuildPlan },
  build: (planned: PlannedBuild) => Promise<void>,
): Promise<void> {
  const { stack } = plan
  for (const { name } of plan.functions.filter((fn) => fn.skipBuild))
    say(session, `Skipping build of: ${name}.`)
  const functions = plan.functions.filter((fn) => !fn.skipBuild)
  if (functions.length === 0) return
  await fetchTemplates(session, functions, { flags, stack })
  await workOn(session, functions, {
    parallel: flags.parallel,
    doing: 'Building',
    each: async (fn) => {
      const planned = await plannedBuild(session, fn, { flags, stack })
      if (planned === null) throw new CliError('no language (lang) was given')
      await build(planned)
    },
  })
}
