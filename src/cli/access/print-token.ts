import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Invocation } from '../args/command.ts'
import { CliError } from '../cli-error.ts'
import { goJson } from '../output/go-json.ts'
import { say } from '../session.ts'

/** Header and payload of a JSON Web Token; its signature is not looked at (cli.md 3.22). */
export async function run({ args: [file = ''], session }: Invocation<Record<never, never>>): Promise<void> {
  const path = resolve(session.cwd, file)
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new CliError(`${path} cannot be read: ${(error as Error).message}`, { cause: error })
  })
  const [header = '', payload = '', ...rest] = text.trim().split('.')
  if (rest.length !== 1) throw notAToken(path)
  for (const part of [header, payload]) say(session, goJson(partOf(part, path)))
}

function partOf(part: string, path: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
  } catch (error) {
    throw notAToken(path, error)
  }
}

function notAToken(path: string, cause?: unknown): CliError {
  return new CliError(`${path} has no JSON Web Token: three parts with dots between them`, { cause })
}
