#!/usr/bin/env node
import { run } from './run.ts'
import type { Session } from './session.ts'

/** Exit status of a program that SIGINT ended (128 + 2), as shells show it. */
const INTERRUPTED = 130
const TERMINATED = 143

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
  }
  const end = (status: number): void => {
    // The second time nobody waits for a tidy end.
    if (ending.signal.aborted) process.exit(status)
    process.exitCode = status
    ending.abort()
  }
  process.on('SIGINT', () => end(INTERRUPTED))
  process.on('SIGTERM', () => end(TERMINATED))
  // Whoever read the output has seen enough, as `head` has: no failure, and nothing more to do.
  process.stdout.on('error', () => process.exit(0))
  process.stderr.on('error', () => undefined)

  const status = await run(words, session)
  // Not `process.exit`: what was written to a pipe may not have left yet.
  process.exitCode = ending.signal.aborted ? process.exitCode : status
  process.stdin.destroy()
}
