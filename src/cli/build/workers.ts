import { CliError } from '../cli-error.ts'
import { note, say, type Session } from '../session.ts'
import type { StackFunction } from '../stack/stack-file.ts'

export interface Work {
  readonly parallel: number
  /** Stands in `[0] > Building NAME.` and the like. */
  readonly doing: string
  readonly each: (fn: StackFunction) => Promise<void>
}

/** Does one thing to all functions, several at a time, in the order of the file. All are tried; throws `CliError` if one failed. */
export async function workOn(
  session: Session,
  functions: readonly StackFunction[],
  { parallel, doing, each }: Work,
): Promise<void> {
  const { clock } = session
  const started = clock.now()
  const left = [...functions]
  const failures: string[] = []
  const worker = async (at: number): Promise<void> => {
    for (let fn = left.shift(); fn !== undefined; fn = left.shift()) {
      if (session.signal.aborted) return
      const from = clock.now()
      say(session, `[${at}] > ${doing} ${fn.name}.`)
      try {
        await each(fn)
      } catch (error) {
        if (!(error instanceof CliError)) throw error
        failures.push(`[${fn.name}] ${error.message}`)
        if (error.hint !== '') note(session, error.hint)
      }
      say(session, `[${at}] < ${doing} ${fn.name} done in ${seconds(clock.now() - from)}s.`)
    }
    say(session, `[${at}] Worker done.`)
  }
  await Promise.all(Array.from({ length: Math.min(parallel, functions.length) }, (_, at) => worker(at)))
  session.signal.throwIfAborted()
  say(session, `\nTotal ${NOUNS[doing] ?? doing} time: ${seconds(clock.now() - started)}s`)
  if (failures.length === 0) return
  const list = failures.map((failure) => `- ${failure}`).join('\n')
  throw new CliError(`Errors received during ${NOUNS[doing] ?? doing}:\n${list}`)
}

const NOUNS: Readonly<Record<string, string>> = { Building: 'build', Pushing: 'push' }

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(2)
}
