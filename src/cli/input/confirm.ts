import { createInterface } from 'node:readline/promises'
import { CliError } from '../cli-error.ts'
import type { Session } from '../session.ts'

/** Asks at a terminal and throws `CliError` for anything but yes; a script that runs without one has meant it. */
export async function confirm(session: Session, question: string): Promise<void> {
  const { stdin, stderr, signal } = session
  if (stdin.isTTY !== true) return
  const asking = createInterface({ input: stdin, output: stderr })
  try {
    const answer = await asking.question(`${question} [y/N] `, { signal })
    if (!/^\s*y(es)?\s*$/i.test(answer)) throw new CliError('nothing was done')
  } finally {
    asking.close()
  }
}
