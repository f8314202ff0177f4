import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { CliError } from '../cli-error.ts'
import type { Session } from '../session.ts'

export interface DockerRun {
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
  /** Show nothing of what it says. */
  readonly isQuiet?: boolean
}

/** Kept of what it says on standard error, for the message. */
const KEPT = 8 * 1024

/** What is answered when it ended with something else than 0. */
export class DockerFailed extends CliError {
  readonly status: number

  constructor(status: number, said: string) {
    super(said.trim(), { hint: '' })
    this.status = status
  }
}

/** Runs `docker` to its end. Throws `DockerFailed`, `CliError` where there is none. It ends when the session does. */
export async function runDocker(
  session: Session,
  words: readonly string[],
  options: DockerRun,
): Promise<void> {
  const { stdout, stderr, signal, env } = session
  const child = spawn('docker', words, {
    cwd: options.cwd,
    env: { ...env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
    killSignal: 'SIGTERM',
  })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => (said = `${said}${chunk.toString('utf8')}`.slice(-KEPT)))
  if (options.isQuiet !== true) {
    child.stdout.pipe(stdout, { end: false })
    child.stderr.pipe(stderr, { end: false })
  } else child.stdout.resume()
  try {
    const [status] = (await once(child, 'close')) as [number | null]
    if (status !== 0) throw new DockerFailed(status ?? 1, said)
  } catch (error) {
    if (error instanceof CliError) throw error
    throw new CliError(`docker cannot be run: ${(error as Error).message}`, {
      cause: error,
      hint: 'Without Docker here, have the host of the gateway build it: sampan up',
    })
  }
}
