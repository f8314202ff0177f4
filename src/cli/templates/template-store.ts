// Lists of templates: those that come with this program, and those of a store (cli.md 7.5).

import { readFile } from 'node:fs/promises'
import { cachedJson } from '../cache/cached-json.ts'
import { CliError } from '../cli-error.ts'
import { near } from '../args/suggest.ts'
import { envOf, type Session } from '../session.ts'
import { shippedTemplates } from './shipped.ts'

/** As the JSON of a store has it. */
export interface StoreTemplate {
  readonly template: string
  /** `any`: of no platform in particular. */
  readonly platform: string
  readonly language: string
  /** Whose it is: `source/template` is the long name. */
  readonly source: string
  readonly description: string
  /** What git clones. Empty: it comes with this program. */
  readonly repo: string
  readonly official: string
  readonly recommended: boolean
}

export const TEMPLATE_STORE_URL = 'https://raw.githubusercontent.com/openfaas/store/master/templates.json'

/** A list that takes longer is no list (cli.md 1.7). */
const TIMEOUT_MS = 5_000

/** `source` of what comes with this program. */
export const OURS = 'sampan'

/** Descriptions of them; one without is listed all the same. */
const DESCRIPTIONS: Readonly<Record<string, readonly [language: string, description: string]>> = {
  bash: ['Bash', 'A shell function; its output is the answer'],
  dockerfile: ['Dockerfile', 'A Dockerfile of your own'],
  go: ['Go', 'An http.HandlerFunc'],
  java: ['Java', "A handler of the JDK's own HTTP server"],
  node: ['JavaScript', 'Request in, Response out, as fetch has them'],
  php: ['PHP', 'A function of a request'],
  python: ['Python', 'A function of a request'],
  ruby: ['Ruby', 'An application as Rack has them'],
  rust: ['Rust', 'Reads the call, writes the answer'],
  static: ['HTML', 'Files served as they are; needs no base image'],
  typescript: ['TypeScript', 'Request in, Response out, run by Node as it is'],
}

export interface StoreOptions {
  /** From `--url`; empty: `OPENFAAS_TEMPLATE_STORE_URL` or the usual one. */
  readonly url: string
  readonly isOffline: boolean
}

/** All templates there are to have. A store that was named is shown alone; the usual one after what comes with this program. */
export async function storeTemplates(
  session: Session,
  { url, isOffline }: StoreOptions,
): Promise<readonly StoreTemplate[]> {
  const named = url || envOf(session, 'OPENFAAS_TEMPLATE_STORE_URL')
  const isUsual = named === '' || named === TEMPLATE_STORE_URL
  const listed = await cachedJson(session, {
    url: named || TEMPLATE_STORE_URL,
    timeoutMs: TIMEOUT_MS,
    isOffline,
  })
  if (listed !== null && !Array.isArray(listed)) throw new CliError(`${named} is no list of templates`)
  const others = listed === null ? await knownTemplates() : listed.flatMap(templateOf)
  return isUsual || listed === null ? [...(await ownTemplates()), ...others] : others
}

/** The one that `NAME` or `SOURCE/NAME` means. Throws `CliError`, with names that are near. */
export function templateNamed(all: readonly StoreTemplate[], name: string): StoreTemplate {
  const found =
    all.find(({ source, template }) => `${source}/${template}` === name) ??
    all.find(({ template }) => template === name)
  if (found !== undefined) return found
  const others = near(
    name,
    all.map(({ template }) => template),
  )
  throw new CliError(`template with name "${name}" does not exist in the template store`, {
    hint: others.length === 0 ? 'See: sampan template store list' : `Did you mean: ${others.join(', ')}`,
  })
}

async function ownTemplates(): Promise<readonly StoreTemplate[]> {
  return (await shippedTemplates()).map((template) => {
    const [language, description] = DESCRIPTIONS[template] ?? [template, '']
    return {
      template,
      platform: 'any',
      language,
      source: OURS,
      description,
      repo: '',
      official: 'true',
      recommended: true,
    }
  })
}

/** Those of others that this program knows of; to have them a network is needed. */
async function knownTemplates(): Promise<readonly StoreTemplate[]> {
  const text = await readFile(new URL('../../../../store/templates.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as unknown[]).flatMap(templateOf)
}

function templateOf(entry: unknown): readonly StoreTemplate[] {
  if (typeof entry !== 'object' || entry === null) return []
  const map = entry as Record<string, unknown>
  const text = (name: string): string => (typeof map[name] === 'string' ? map[name] : '')
  if (text('template') === '') return []
  return [
    {
      template: text('template'),
      platform: text('platform'),
      language: text('language'),
      source: text('source'),
      description: text('description'),
      repo: text('repo'),
      official: map['official'] === true ? 'true' : text('official'),
      recommended: map['recommended'] === true,
    },
  ]
}
