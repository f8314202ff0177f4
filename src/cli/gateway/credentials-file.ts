import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { CliError } from '../cli-error.ts'
import { writeWhole } from '../files/whole-file.ts'
import { envOf, isSwitchedOn, type Session } from '../session.ts'
import { sameGateways } from './gateway-address.ts'

/** One gateway in `config.yml`, in the format of faas-cli (cli.md 6.1). */
export interface Credential {
  readonly gateway: string
  readonly auth: 'basic' | 'oauth2'
  /** basic: base64 of `user:password`; oauth2: the token itself. */
  readonly token: string
  readonly options: readonly { readonly name: string; readonly value: string }[]
}

/** The folder of the file: `OPENFAAS_CONFIG`, else `.openfaas` here in CI, else at home. */
export function configFolder(session: Session): string {
  const given = envOf(session, 'OPENFAAS_CONFIG')
  if (given !== '') return resolve(session.cwd, expanded(given))
  if (isSwitchedOn(session, 'CI')) return join(session.cwd, '.openfaas')
  return join(envOf(session, 'HOME') || homedir(), '.openfaas')
}

/** The credential of a gateway under any of its names; null without one. */
export async function credentialOf(session: Session, url: string): Promise<Credential | null> {
  const all = await readCredentials(session)
  for (const name of sameGateways(url)) {
    const found = all.find(({ gateway }) => gateway === name)
    if (found !== undefined) return found
  }
  return null
}

/** Replaces what there is of this gateway; options of others, and unknown keys of the file, stay. */
export async function saveCredential(session: Session, credential: Credential): Promise<void> {
  await change(session, (auths) => [
    ...auths.filter(({ gateway }) => gateway !== credential.gateway),
    credential,
  ])
}

/** False: there was none. */
export async function removeCredential(session: Session, url: string): Promise<boolean> {
  let wasThere = false
  await change(session, (auths) => {
    const rest = auths.filter(({ gateway }) => gateway !== url)
    wasThere = rest.length < auths.length
    return rest
  })
  return wasThere
}

export async function hasCredentialsFile(session: Session): Promise<boolean> {
  return (await textOf(join(configFolder(session), 'config.yml'))) !== null
}

async function readCredentials(session: Session): Promise<readonly Credential[]> {
  const path = join(configFolder(session), 'config.yml')
  const text = await textOf(path)
  return text === null ? [] : credentialsIn(await parsed(text, path))
}

function credentialsIn(document: Record<string, unknown>): readonly Credential[] {
  const { auths } = document
  if (!Array.isArray(auths)) return []
  return auths.flatMap((one: unknown): Credential[] => {
    if (typeof one !== 'object' || one === null) return []
    const { gateway, auth, token, options } = one as Record<string, unknown>
    const named = Array.isArray(options) ? (options as Credential['options']) : []
    return [
      {
        gateway: textOrNone(gateway),
        auth: auth === 'oauth2' ? 'oauth2' : 'basic',
        token: textOrNone(token),
        options: named,
      },
    ]
  })
}

/** The file is for the user's eyes alone. */
async function change(
  session: Session,
  edit: (auths: readonly Credential[]) => readonly Credential[],
): Promise<void> {
  const path = join(configFolder(session), 'config.yml')
  const text = await textOf(path)
  const document = text === null ? {} : await parsed(text, path)
  const auths = edit(credentialsIn(document)).map(({ options, ...one }) =>
    options.length === 0 ? one : { ...one, options },
  )
  const { stringify } = await import('yaml')
  await writeWhole(path, stringify({ ...document, auths }, { indent: 2 }), { mode: 0o600, makesFolder: true })
}

async function parsed(text: string, path: string): Promise<Record<string, unknown>> {
  const { parse } = await import('yaml')
  try {
    const document: unknown = parse(text, { schema: 'failsafe' })
    return typeof document === 'object' && document !== null ? (document as Record<string, unknown>) : {}
  } catch (error) {
    throw new CliError(`${path} is no YAML`, {
      cause: error,
      hint: 'Mend it, or remove it and log in again.',
    })
  }
}

async function textOf(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw new CliError(`${path} cannot be read: ${(error as Error).message}`, { cause: error })
  }
}

function textOrNone(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function expanded(path: string): string {
  return path.startsWith('~/') ? join(homedir(), path.slice(2)) : path
}
