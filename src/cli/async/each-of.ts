import { CliError } from '../cli-error.ts'
import { note, say, type Session } from '../session.ts'

/** Does something with each; goes on after a failure, and fails in the end. `done`: what is said of each. */
export async function eachOf(
  session: Session,
  names: readonly string[],
  { act, done }: { readonly act: (name: string) => Promise<void>; readonly done: (name: string) => string },
): Promise<void> {
  const failed: string[] = []
  for (const name of names) {
    try {
      await act(name)
      say(session, done(name))
    } catch (error) {
      if (names.length === 1 || session.signal.aborted || !(error instanceof CliError)) throw error
      note(session, `${name}: ${error.message}`)
      failed.push(name)
    }
  }
  if (failed.length > 0)
    throw new CliError(`${failed.length} of ${names.length} failed: ${failed.join(', ')}`)
}
