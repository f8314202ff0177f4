import { CliError } from '../cli-error.ts'
import type { Invocation } from '../args/command.ts'
import { say, type Session } from '../session.ts'
import { requireStack } from '../stack/load-stack.ts'
import type { StackFunction } from '../stack/stack-file.ts'
import type { PUSH_FLAGS } from '../table/build.ts'
import { imageName } from './image-name.ts'
import type { PushValues } from './plan.ts'
import { DockerFailed, runDocker } from './run-docker.ts'
import { workOn } from './workers.ts'

/** cli.md 3.3. */
export async function run({ flags, session }: Invocation<typeof PUSH_FLAGS>): Promise<void> {
  const values = flags as PushValues & typeof flags
  if (flags.parallel < 1) throw new CliError('--parallel must be 1 or more')
  await pushAll(session, values, (await requireStack(session, values)).functions)
}

/** Pushes the images; refuses all where one has no registry. Throws `CliError`. */
export async function pushAll(
  session: Session,
  flags: { readonly tag: string; readonly parallel: number; readonly quiet: boolean },
  all: readonly StackFunction[],
): Promise<void> {
  const functions = all.filter((fn) => !fn.skipBuild)
  refuseBare(functions)
  for (const { name } of all.filter((fn) => fn.skipBuild)) say(session, `Skipping ${name}`)
  if (functions.length === 0) return
  await workOn(session, functions, {
    parallel: flags.parallel,
    doing: 'Pushing',
    each: async (fn) => {
      const image = await imageName(session, fn, flags.tag)
      try {
        await runDocker(session, pushWords(image, flags.quiet), { cwd: session.cwd })
      } catch (error) {
        if (!(error instanceof DockerFailed)) throw error
        throw new CliError(`${image} was not pushed: ${error.message}`, {
          cause: error,
          hint: 'Logged in? See: docker login',
        })
      }
    },
  })
}

/** Throws `CliError` for images that no registry takes. */
export function refuseBare(functions: readonly StackFunction[]): void {
  const bare = functions.filter(({ image }) => !image.includes('/')).map(({ image }) => image)
  if (bare.length === 0) return
  throw new CliError(
    `Unable to push one or more of your functions to Docker Hub:\n- ${bare.join('\n- ')}\n\nYou must provide a username or registry prefix to the Function's image such as user1/function1`,
    { hint: 'Nothing has to be pushed for a gateway that builds: sampan up' },
  )
}

export function pushWords(image: string, isQuiet: boolean): readonly string[] {
  return ['push', image, ...(isQuiet ? ['--quiet'] : [])]
}
