import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Invocation } from '../args/command.ts'
import { isOffline } from '../cache/cache-folder.ts'
import { CliError } from '../cli-error.ts'
import type { Session } from '../session.ts'
import type { PULL_FLAGS } from '../table/templates.ts'
import { pullTemplates } from './pull.ts'
import { templateSource } from './template-source.ts'

interface Entry {
  readonly name: string
  readonly source: string
}

/** `template pull stack` (cli.md 3.15): what `configuration.templates` names, each from its source. */
export async function run({ flags, session }: Invocation<typeof PULL_FLAGS>): Promise<void> {
  const path =
    flags.yaml || ['stack.yaml', 'stack.yml'].find((name) => existsSync(resolve(session.cwd, name)))
  if (path === undefined)
    throw new CliError('there is no stack file here', {
      hint: 'Name one with --yaml, or change to its folder.',
    })
  const entries = await templatesOf(session, path)
  if (entries.length === 0)
    throw new CliError(`${path} names no templates`, {
      hint: 'They are a list of name and source below configuration.templates.',
    })
  const without = entries.find(({ source }) => source === '')
  if (without !== undefined)
    throw new CliError(`template "${without.name}" has no source in ${path}`, {
      hint: 'Give it the address of a git repository.',
    })
  const { overwrite, debug } = flags
  const how = { isOffline: isOffline(session, flags), overwrite, debug }
  for (const { name, source } of entries)
    await pullTemplates(session, templateSource(session, source), {
      ...how,
      only: name.split('@')[0] ?? name,
      as: name,
    })
}

/** The text as it stands: this command never replaced variables. */
async function templatesOf(session: Session, path: string): Promise<readonly Entry[]> {
  const { parse } = await import('yaml')
  let parsed: unknown
  try {
    parsed = parse(await readFile(resolve(session.cwd, path), 'utf8'), { schema: 'failsafe' })
  } catch (cause) {
    throw new CliError(`${path} cannot be read: ${(cause as Error).message}`, { cause })
  }
  const list = member(member(parsed, 'configuration'), 'templates')
  if (!Array.isArray(list)) return []
  return list.map((one) => ({ name: textOf(member(one, 'name')), source: textOf(member(one, 'source')) }))
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
