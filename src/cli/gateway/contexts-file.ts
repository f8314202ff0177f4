import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CliError } from '../cli-error.ts'
import { writeWhole } from '../files/whole-file.ts'
import type { Session } from '../session.ts'
import { configFolder } from './credentials-file.ts'

/** Names for gateways. */
export interface Contexts {
  /** Empty: none is in use. */
  readonly current: string
  /** Name to address. */
  readonly gateways: Readonly<Record<string, string>>
}

/**
 * Beside `config.yml` and not in it, because faas-cli rewrites that and drops what it does not know (cli.md 17.2).
 * JSON, so that each command can look into it without loading a parser of YAML.
 */
const FILE = 'contexts.json'

export function contextsPath(session: Session): string {
  return join(configFolder(session), FILE)
}

/** Throws `CliError` for a file that cannot be read. */
export function readContexts(session: Session): Contexts {
  const path = contextsPath(session)
  let text
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { current: '', gateways: {} }
    throw new CliError(`${path} cannot be read: ${(error as Error).message}`, { cause: error })
  }
  try {
    return contextsIn(JSON.parse(text))
  } catch (error) {
    throw new CliError(`${path} is no JSON`, { cause: error, hint: 'Mend it, or remove it.' })
  }
}

export async function writeContexts(session: Session, contexts: Contexts): Promise<void> {
  await writeWhole(contextsPath(session), `${JSON.stringify(contexts, null, 2)}\n`, {
    mode: 0o600,
    makesFolder: true,
  })
}

/** Address of the context in use; empty without one. */
export function currentGateway(session: Session): string {
  const { current, gateways } = readContexts(session)
  return Object.hasOwn(gateways, current) ? (gateways[current] ?? '') : ''
}

function contextsIn(document: unknown): Contexts {
  if (typeof document !== 'object' || document === null) return { current: '', gateways: {} }
  const { current, gateways } = document as Record<string, unknown>
  const named = typeof gateways === 'object' && gateways !== null ? Object.entries(gateways) : []
  return {
    current: typeof current === 'string' ? current : '',
    gateways: Object.fromEntries(named.filter(([, url]) => typeof url === 'string')) as Record<
      string,
      string
    >,
  }
}
