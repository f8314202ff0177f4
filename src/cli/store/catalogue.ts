// The store of functions: what comes with this program, and lists of others (cli.md 8).

import { readFile } from 'node:fs/promises'
import { near } from '../args/suggest.ts'
import { cachedJson } from '../cache/cached-json.ts'
import { CliError } from '../cli-error.ts'
import { envOf, type Session } from '../session.ts'

export interface StoreFunction {
  readonly title: string
  readonly name: string
  readonly description: string
  readonly author: string
  readonly icon: string
  readonly repoUrl: string
  /** By platform. */
  readonly images: Readonly<Record<string, string>>
  readonly fprocess: string
  readonly environment: Readonly<Record<string, string>>
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly readOnlyRootFilesystem: boolean
  /** Ours: the image is made of this handler, a path in this package, by this template. Null: it is pulled. */
  readonly build: { readonly lang: string; readonly handler: string } | null
  /** The entry as it stands in the list. */
  readonly entry: Readonly<Record<string, unknown>>
}

export const STORE_URL = 'https://raw.githubusercontent.com/openfaas/store/master/functions.json'

const TIMEOUT_MS = 60_000

export interface CatalogueOptions {
  /** From `--url`, where it is given. */
  readonly url: string
  readonly isOffline: boolean
}

/**
 * All functions there are to have. A store that was named is shown alone, the usual one after what comes with this
 * program; without either, what comes with this program.
 */
export async function catalogue(
  session: Session,
  { url, isOffline }: CatalogueOptions,
): Promise<readonly StoreFunction[]> {
  const named = (url || envOf(session, 'OPENFAAS_STORE')).replace(/\/+$/, '')
  const isUsual = named === '' || named === STORE_URL
  const listed = await cachedJson(session, { url: named || STORE_URL, timeoutMs: TIMEOUT_MS, isOffline })
  const own = await builtIn()
  if (listed === null) return own
  const others = functionsIn(listed, named || STORE_URL)
  if (!isUsual) return others
  const built = own.filter(({ build }) => build !== null)
  return [...built, ...others.filter(({ name }) => !built.some((one) => one.name === name))]
}

/** Those that have an image for a platform. */
export function forPlatform(all: readonly StoreFunction[], platform: string): readonly StoreFunction[] {
  return all.filter((one) => imageFor(one, platform) !== '')
}

/** Empty: none for this platform. Platforms are compared without case (cli.md 19, trap 35). */
export function imageFor({ images }: StoreFunction, platform: string): string {
  const found = Object.entries(images).find(([name]) => name.toLowerCase() === platform.toLowerCase())
  return found?.[1] ?? ''
}

/** By name or by title. Throws `CliError`. */
export function functionNamed(all: readonly StoreFunction[], name: string, platform: string): StoreFunction {
  const available = forPlatform(all, platform)
  const found = available.find((one) => one.name === name) ?? available.find((one) => one.title === name)
  if (found !== undefined) return found
  const elsewhere = all.find((one) => one.name === name || one.title === name)
  const others = near(
    name,
    available.map((one) => one.name),
  )
  throw new CliError(`function '${name}' not found for platform '${platform}'`, {
    hint:
      elsewhere !== undefined
        ? `There is one for ${Object.keys(elsewhere.images).join(', ')}: --platform chooses.`
        : others.length > 0
          ? `Did you mean: ${others.join(', ')}`
          : 'See: sampan store list',
  })
}

async function builtIn(): Promise<readonly StoreFunction[]> {
  const text = await readFile(new URL('../../../../store/functions.json', import.meta.url), 'utf8')
  return functionsIn(JSON.parse(text), 'the built-in store')
}

function functionsIn(value: unknown, what: string): readonly StoreFunction[] {
  const functions =
    typeof value === 'object' && value !== null ? (value as { functions?: unknown }).functions : null
  if (!Array.isArray(functions))
    throw new CliError(`${what} is no store of functions`, {
      hint: 'It is JSON with a list "functions". The bare list of version 0.1 cannot be read.',
    })
  return functions.flatMap(functionOf)
}

function functionOf(value: unknown): readonly StoreFunction[] {
  if (typeof value !== 'object' || value === null) return []
  const entry = value as Readonly<Record<string, unknown>>
  const text = (name: string): string => (typeof entry[name] === 'string' ? entry[name] : '')
  const build = textsOf(entry['build'])
  const { lang, handler } = build
  return [
    {
      title: text('title'),
      name: text('name'),
      description: text('description'),
      author: text('author'),
      icon: text('icon'),
      repoUrl: text('repo_url'),
      images: textsOf(entry['images']),
      fprocess: text('fprocess'),
      environment: textsOf(entry['environment']),
      labels: textsOf(entry['labels']),
      annotations: textsOf(entry['annotations']),
      readOnlyRootFilesystem: entry['readOnlyRootFilesystem'] === true,
      build: lang === undefined || handler === undefined ? null : { lang, handler },
      entry,
    },
  ]
}

function textsOf(value: unknown): Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null) return {}
  const texts = Object.entries(value).filter((pair): pair is [string, string] => typeof pair[1] === 'string')
  return Object.fromEntries(texts)
}
