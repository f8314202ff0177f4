import { CliError } from '../cli-error.ts'
import { note, type Session } from '../session.ts'

/** Who waits longer for input that nobody may be about to send is told so: under ssh and cron a pipe may stay open. */
const PATIENCE_MS = 2_000

/** Standard input to its end, as bytes. Says what it waits for: at once at a terminal, else after two seconds. */
export async function readStdin(session: Session): Promise<Buffer> {
  const { stdin, clock, signal } = session
  if (stdin.isTTY === true) note(session, 'Reading from STDIN - hit (Control + D) to stop.')
  const chunks: Buffer[] = []
  const cancel = clock.after(PATIENCE_MS, () => {
    if (chunks.length === 0 && stdin.isTTY !== true) note(session, 'Waiting for the end of standard input.')
  })
  const stop = (): void => void stdin.destroy(signal.reason as Error)
  signal.addEventListener('abort', stop, { once: true })
  try {
    for await (const chunk of stdin) chunks.push(Buffer.from(chunk as Uint8Array))
    return Buffer.concat(chunks)
  } catch (error) {
    throw new CliError(`standard input cannot be read: ${(error as Error).message}`, { cause: error })
  } finally {
    cancel()
    signal.removeEventListener('abort', stop)
  }
}
