import { execFile } from 'node:child_process'
import { CliError } from '../cli-error.ts'
import type { Session } from '../session.ts'

const UNREACHED =
  /could not (?:resolve|connect)|unable to (?:connect|look up)|network is unreachable|timed out|failed to connect/i
const CARRY =
  'A network is needed for this. Carry templates to where none is: sampan template bundle on a machine with one, then sampan template pull FOLDER.'

/** Runs git in a folder; answers what it printed. It never asks for a password. Throws `CliError` with what git said. */
export async function git(session: Session, cwd: string, ...args: readonly string[]): Promise<string> {
  const env = { ...session.env, GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C' }
  return new Promise((resolve, reject) => {
    const options = { cwd, env, signal: session.signal, maxBuffer: 4 * 1024 * 1024 }
    execFile('git', args, options, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout.trim())
      if (error.code === 'ENOENT')
        return reject(
          new CliError('git is not installed', {
            cause: error,
            hint: 'Templates of repositories are fetched with git.',
          }),
        )
      const said = stderr.trim() || error.message
      const hint = UNREACHED.test(said) ? CARRY : ''
      reject(new CliError(`git ${args[0]} failed: ${said}`, { cause: error, hint }))
    })
  })
}
