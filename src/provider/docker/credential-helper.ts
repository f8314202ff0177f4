import { spawn } from 'node:child_process'
import type { Clock } from '../../clock.ts'

/** Longest time a helper may take; those that ask a person would wait for ever. */
const LIMIT_MS = 10_000
const MOST_OUTPUT_BYTES = 64 * 1024
const HELPER_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/

export interface HelperAnswer {
  readonly username: string
  readonly secret: string
}

/**
 * Runs `docker-credential-NAME get` without a shell, the server's address on its standard input (docker-credential-helpers
 * protocol). Null when it has no credentials for `server`; throws when it cannot run, fails, talks too much or takes too long.
 */
export async function runCredentialHelper(
  name: string,
  server: string,
  clock: Clock,
): Promise<HelperAnswer | null> {
  if (!HELPER_NAME.test(name)) throw new Error('the name of the helper is not a plain word')

  const { code, output } = await run(`docker-credential-${name}`, server, clock.timeout(LIMIT_MS))
  if (code !== 0) {
    if (/credentials not found/i.test(output)) return null
    throw new Error(`exit code ${code ?? 'by signal'}`)
  }
  return parseAnswer(output)
}

interface Ended {
  readonly code: number | null
  readonly output: string
}

function run(command: string, input: string, signal: AbortSignal): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, ['get'], {
      stdio: ['pipe', 'pipe', 'ignore'],
      signal,
      killSignal: 'SIGKILL',
    })
    const chunks: Buffer[] = []
    let size = 0
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, output: Buffer.concat(chunks).toString('utf8') }))
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size <= MOST_OUTPUT_BYTES) chunks.push(chunk)
      else child.kill('SIGKILL')
    })
    // A helper may end without reading its input; its exit code tells the story.
    child.stdin.on('error', () => {})
    child.stdin.end(`${input}\n`)
  })
}

function parseAnswer(output: string): HelperAnswer | null {
  let answer: unknown
  try {
    answer = JSON.parse(output)
  } catch {
    // Not passed on: the text may hold the secret.
    throw new Error('its answer is not JSON')
  }
  if (typeof answer !== 'object' || answer === null) throw new Error('its answer is not an object')
  const username: unknown = Reflect.get(answer, 'Username')
  const secret: unknown = Reflect.get(answer, 'Secret')
  if (typeof username !== 'string' || typeof secret !== 'string')
    throw new Error('its answer lacks Username or Secret')
  return secret === '' ? null : { username, secret }
}
