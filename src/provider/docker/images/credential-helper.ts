import type { Clock } from '../../../clock.ts'
import { runProgram } from '../../../work/program.ts'

/** Longest time for a helper: one that asks a person would wait for ever. */
const LIMIT_MS = 10_000
const MOST_OUTPUT_BYTES = 64 * 1024
const HELPER_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/

export interface HelperAnswer {
  readonly username: string
  readonly secret: string
}

/**
 * Runs `docker-credential-NAME get` without a shell, with the server's address on its standard input
 * (docker-credential-helpers protocol). Null when it has no credentials for `server`; throws when it cannot
 * run, fails, prints too much or takes too long.
 */
export async function runCredentialHelper(
  name: string,
  server: string,
  clock: Clock,
): Promise<HelperAnswer | null> {
  if (!HELPER_NAME.test(name)) throw new Error('the name of the helper is not a plain word')

  const { code, output } = await runProgram(
    {
      command: `docker-credential-${name}`,
      args: ['get'],
      input: `${server}\n`,
      mostOutputBytes: MOST_OUTPUT_BYTES,
    },
    clock.timeout(LIMIT_MS),
  )
  if (code !== 0) {
    if (/credentials not found/i.test(output)) return null
    throw new Error(`exit code ${code ?? 'by signal'}`)
  }
  return parseAnswer(output)
}

function parseAnswer(output: string): HelperAnswer | null {
  let answer: unknown
  try {
    answer = JSON.parse(output)
  } catch {
    // The original error is not included, because its text may contain the secret.
    throw new Error('its answer is not JSON')
  }
  if (typeof answer !== 'object' || answer === null) throw new Error('its answer is not an object')
  const username: unknown = Reflect.get(answer, 'Username')
  const secret: unknown = Reflect.get(answer, 'Secret')
  if (typeof username !== 'string' || typeof secret !== 'string')
    throw new Error('its answer lacks Username or Secret')
  return secret === '' ? null : { username, secret }
}
