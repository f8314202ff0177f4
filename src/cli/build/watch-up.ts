import { CliError } from '../cli-error.ts'
import { note, type Session } from '../session.ts'
import { isStackUrl, locateStack } from '../stack/locate-stack.ts'
import type { StackFunction } from '../stack/stack-file.ts'
import { ProjectWatch, type Watched } from '../watch/project-watch.ts'
import type { BuildPlan } from './plan.ts'

export interface Watching {
  /** Of the flags. */
  readonly yaml: string
  readonly environmentFiles: readonly string[]
  /** Reads the stack file again. Throws `CliError`. */
  readonly planOf: () => Promise<BuildPlan>
  /** Builds and deploys these. Throws `CliError`. */
  readonly once: (plan: BuildPlan) => Promise<void>
}

/** Editors and checkouts write several files: a build is dear, so it waits until they are done. */
const TIMES = { quietMs: 300, longestMs: 3_000 } as const

/**
 * Builds and deploys at first, and again what a change concerns: the function whose handler it is in, or all of them. What fails is
 * told, and the next change tries again. Ends with the session.
 */
export async function watchUp(session: Session, watching: Watching): Promise<never> {
  const watch = new ProjectWatch(session, TIMES)
  let plan = await watching.planOf()
  try {
    await watch.set(watchedOf(session, watching, plan.functions))
    await attempt(session, () => watching.once(plan))
    const names = plan.functions.map(({ name }) => name).join(', ')
    note(session, `Watching ${names}. A change is built and deployed, Ctrl-C ends.`)
    for (;;) {
      const { handlers, files } = await watch.next(session.signal)
      if (files.length === 0 && handlers.size === 0) continue
      note(session, `Changed: ${[...files, ...handlers.keys()].join(', ')}`)
      await attempt(session, async () => {
        if (files.length > 0) {
          plan = await watching.planOf()
          await watch.set(watchedOf(session, watching, plan.functions))
        }
        const concerned = plan.functions.filter(({ name }) => files.length > 0 || handlers.has(name))
        await watching.once({ ...plan, functions: concerned })
      })
    }
  } finally {
    watch.close()
  }
}

async function attempt(session: Session, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (session.signal.aborted || !(error instanceof CliError)) throw error
    note(session, error.message)
    if (error.hint !== '') note(session, error.hint)
    note(session, 'The next change tries again.')
  }
}

/** What a build and a deployment read; a stack file at an address stays what it was. */
export function watchedOf(
  session: Session,
  { yaml, environmentFiles }: Pick<Watching, 'yaml' | 'environmentFiles'>,
  functions: readonly StackFunction[],
): Watched {
  const stack = locateStack(session, yaml)?.path ?? ''
  const isLocal = stack !== '' && !isStackUrl(stack)
  return {
    handlers: new Map(functions.map(({ name, handler }) => [name, handler])),
    files: [
      ...new Set([
        ...(isLocal ? [stack] : []),
        ...environmentFiles,
        ...functions.flatMap((fn) => fn.environmentFiles),
      ]),
    ],
  }
}
