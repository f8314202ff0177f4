#!/usr/bin/env node
import { systemClock } from '../clock.ts'
import { run } from './run.ts'
import { Ended, type Session } from './session.ts'

/** Exit status of a program that a signal ended (128 and its number), as shells show it. */
const STATUS = { SIGINT: 130, SIGTERM: 143 } as const

const words = process.argv.slice(2)

if (words[0] === 'serve' && !words.includes('--help') && !words.includes('-h')) await import('../main.ts')
else await runCommand()

async function runCommand(): Promise<void> {
  const ending = new AbortController()
  const session: Session = {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    cwd: process.cwd(),
    signal: ending.signal,
    clock: systemClock,
  }
  const end = (signal: 'SIGINT' | 'SIGTERM'): void => {
    const status = STATUS[signal]
    // The second time nobody waits for a tidy end.
    if (ending.signal.aborted) process.exit(status)
    process.exitCode = status
    ending.abort(new Ended(signal))
  }
  process.on('SIGINT', end)
  process.on('SIGTERM', end)
  // Whoever read the output has seen enough, as `head` has: no failure, and nothing more to do.
  process.stdout.on('error', () => process.exit(0))
  process.stderr.on('error', () => undefined)

  const status = await run(words, session)
  // Not `process.exit`: what was written to a pipe may not have left yet.
  process.exitCode = ending.signal.aborted ? process.exitCode : status
  process.stdin.destroy()
}
