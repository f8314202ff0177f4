import { setMaxListeners } from 'node:events'
import type { Invocation } from '../args/command.ts'
import { type BuildPlan, planOf } from '../build/plan.ts'
import { watchedOf } from '../build/watch-up.ts'
import { CliError } from '../cli-error.ts'
import { connect } from '../gateway/connect.ts'
import type { GatewayClient } from '../gateway/gateway-client.ts'
import type { Session } from '../session.ts'
import type { StackFunction } from '../stack/stack-file.ts'
import type { DEV_FLAGS } from '../table/dev.ts'
import { ProjectWatch } from '../watch/project-watch.ts'
import type { DevValues } from './dev-build.ts'
import { DevFunction } from './dev-function.ts'
import { Screen } from './screen.ts'

type Asked = Invocation<typeof DEV_FLAGS>

const TIMES = { quietMs: 200, longestMs: 1_000 } as const

/** cli.md 17.2, `dev`. */
export async function run(asked: Asked): Promise<void> {
  const { args, isGiven } = asked
  const flags = asked.flags as DevValues
  const plan = await planOf(asked.session, flags)
  const chosen = chosenOf(plan.functions, args)
  // Whatever ends one of them for a reason that nobody foresaw ends all: what was deployed is put back.
  const failing = new AbortController()
  const session = { ...asked.session, signal: AbortSignal.any([asked.session.signal, failing.signal]) }
  setMaxListeners(0, session.signal)
  const gateway = connect(session, { flags, isGiven, stack: plan.stack })
  await checkGateway(gateway)
  const screen = new Screen(
    session,
    chosen.map(({ name }) => name),
  )
  const functions = chosen.map(
    (fn) => new DevFunction({ session, flags, gateway, screen, fn, stack: plan.stack }),
  )
  for (const fn of functions) await fn.begin()
  const work = [...functions.map((fn) => fn.run()), watchStack({ session, flags, functions, screen, plan })]
  const ends = await Promise.allSettled(
    work.map((one) => one.catch((error: unknown) => fail(failing, error))),
  )
  screen.close()
  await endAll({ ...asked, session: goingOn(asked.session) }, { functions, screen, plan })
  const failure = ends.find((end) => end.status === 'rejected')
  if (failure !== undefined && !asked.session.signal.aborted) throw failure.reason
}

function fail(failing: AbortController, error: unknown): never {
  failing.abort(error)
  throw error
}

/** The session is over by then, and what has to be put back is put back all the same. */
function goingOn(session: Session): Session {
  return { ...session, signal: new AbortController().signal }
}

async function endAll(
  { session, flags, isGiven }: Asked,
  { functions, screen, plan }: Pick<Working, 'functions' | 'screen' | 'plan'>,
): Promise<void> {
  const gateway = connect(session, { flags, isGiven, stack: plan.stack })
  const left: string[] = []
  for (const fn of functions)
    try {
      await fn.end(session, gateway)
    } catch (error) {
      if (!(error instanceof CliError)) throw error
      screen.fail(fn.name, error.message)
      left.push(fn.name)
    }
  if (left.length === 0) return
  screen.fail(left[0] ?? '', `not put back: ${left.join(', ')}. Later: sampan rollback NAME, or sampan up`)
}

function chosenOf(functions: readonly StackFunction[], names: readonly string[]): readonly StackFunction[] {
  const unknown = names.find((name) => !functions.some((fn) => fn.name === name))
  if (unknown !== undefined)
    throw new CliError(`there is no function ${unknown} in the stack file`, {
      hint: `It has: ${functions.map(({ name }) => name).join(', ')}`,
    })
  return names.length === 0 ? functions : functions.filter(({ name }) => names.includes(name))
}

/** One that is older, or another's, builds nothing and changes nothing in place. */
async function checkGateway(gateway: GatewayClient): Promise<void> {
  const answer = await gateway.send({ method: 'GET', path: '/publickey', isAnonymous: true })
  answer.body.resume()
  if (answer.status === 200) return
  throw new CliError(`${gateway.address.url} builds no images, which sampan dev needs`, {
    hint: 'With another gateway: sampan up --watch',
  })
}

interface Working {
  readonly session: Session
  readonly flags: DevValues
  readonly functions: readonly DevFunction[]
  readonly screen: Screen
  readonly plan: BuildPlan
}

/** A change of the stack file, or of a file with variables, is a new build of all of them. */
async function watchStack({ session, flags, functions, screen, plan }: Working): Promise<void> {
  const watch = new ProjectWatch(session, TIMES)
  const asked = { yaml: flags.yaml, environmentFiles: flags['environment-file'] }
  const filesOf = (of: readonly StackFunction[]) => ({
    ...watchedOf(session, asked, of),
    handlers: new Map<string, string>(),
  })
  try {
    await watch.set(filesOf(plan.functions))
    for (;;) {
      const { files } = await watch.next(session.signal)
      if (files.length === 0) continue
      try {
        const { stack, functions: now } = await planOf(session, flags)
        await watch.set(filesOf(now))
        for (const one of functions) {
          const fn = now.find(({ name }) => name === one.name)
          if (fn === undefined) screen.fail(one.name, `${files.join(', ')} has it no more`)
          else await one.become(fn, stack)
        }
      } catch (error) {
        if (session.signal.aborted || !(error instanceof CliError)) throw error
        screen.fail(functions[0]?.name ?? '', error.message)
      }
    }
  } finally {
    watch.close()
  }
}
