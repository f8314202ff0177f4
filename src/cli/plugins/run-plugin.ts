import { spawn, type StdioOptions } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:os'
import type { Readable, Writable } from 'node:stream'
import { CliError } from '../cli-error.ts'
import { Ended, type Session } from '../session.ts'

/** Of a program that was found and cannot be run, as in shells. */
const NOT_EXECUTABLE = 127

/** Runs a plugin in place of this program: its streams, environment and exit status are ours. */
export async function runPlugin(path: string, words: readonly string[], session: Session): Promise<number> {
  const { stdin, stdout, stderr, signal } = session
  const stdio: StdioOptions = [ownOrPipe(stdin), ownOrPipe(stdout), ownOrPipe(stderr)]
  const child = spawn(path, words, { stdio, cwd: session.cwd, env: { ...session.env } })
  const pass = (): void => {
    // Ctrl-C at a terminal has reached it already: the terminal tells all programs in front.
    const { reason } = signal
    const name = reason instanceof Ended ? reason.signal : 'SIGTERM'
    if (name !== 'SIGINT' || stdin.isTTY !== true) child.kill(name)
  }
  if (child.stdin !== null) {
    child.stdin.on('error', () => undefined)
    stdin.pipe(child.stdin)
  }
  child.stdout?.pipe(stdout, { end: false })
  child.stderr?.pipe(stderr, { end: false })
  signal.addEventListener('abort', pass, { once: true })
  try {
    const [code, name] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
    return code ?? 128 + (name === null ? 0 : constants.signals[name])
  } catch (error) {
    throw new CliError(`the plugin ${path} cannot be run: ${(error as Error).message}`, {
      cause: error,
      hint: `Is it meant for this machine, and executable? Try: chmod +x ${path}`,
      exitStatus: NOT_EXECUTABLE,
    })
  } finally {
    signal.removeEventListener('abort', pass)
  }
}

/** Streams of this process are handed on as they are, so that a plugin knows its terminal. */
function ownOrPipe(stream: Readable | Writable): 'pipe' | number {
  return 'fd' in stream && typeof stream.fd === 'number' ? stream.fd : 'pipe'
}
