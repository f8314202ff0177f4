// Where the template of a function is: one way for new, build, up, publish, deploy and dev.

import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf } from '../../core/errors.ts'
import { near } from '../args/suggest.ts'
import { CliError } from '../cli-error.ts'
import type { Session } from '../session.ts'
import { projectTemplates, pullTemplates } from './pull.ts'
import { shippedTemplate, shippedTemplates } from './shipped.ts'
import { storeTemplates, templateNamed } from './template-store.ts'
import { templateSource } from './template-source.ts'

export interface FindOptions {
  readonly isOffline: boolean
  /** `configuration.templates` of the stack file. */
  readonly sources?: readonly { readonly name: string; readonly source: string }[]
  /** Of the template store; empty: the usual one. */
  readonly storeUrl?: string
  readonly debug?: boolean
}

export interface FoundTemplate {
  /** As the stack file has it, but `dockerfile` in small letters. */
  readonly name: string
  readonly folder: string
  /** `project`: in `./template`, where it was or has just been put. */
  readonly origin: 'project' | 'shipped'
}

/** `Dockerfile` and the like are one template. */
export function templateName(lang: string): string {
  return lang.toLowerCase() === 'dockerfile' ? 'dockerfile' : lang
}

/** The template where nothing need be fetched; null: it has to be. `source`: the stack file says where it comes from. */
export function templateAtHand(session: Session, lang: string, hasSource = false): FoundTemplate | null {
  const name = templateName(lang)
  if (/[\\/]|^\.*$/.test(name)) return null
  const own = join(projectTemplates(session), name)
  if (existsSync(own)) return { name, folder: own, origin: 'project' }
  const shipped = hasSource ? null : shippedTemplate(name)
  return shipped === null ? null : { name, folder: shipped, origin: 'shipped' }
}

/** The same where the stack file may say for some where they come from. */
export function templateHere(
  session: Session,
  lang: string,
  sources: FindOptions['sources'] = [],
): FoundTemplate | null {
  return templateAtHand(session, lang, sourceIn(sources, templateName(lang)) !== '')
}

function sourceIn(sources: FindOptions['sources'], name: string): string {
  return sources?.find((one) => one.name === name)?.source ?? ''
}

/**
 * The template of this name: in `./template`, else from where the stack file says, else one that comes with this program,
 * else from the store, whose repository may be in the cache. What is fetched is put into `./template`. Throws `CliError`.
 */
export async function findTemplate(
  session: Session,
  lang: string,
  options: FindOptions,
): Promise<FoundTemplate> {
  const name = templateName(lang)
  const source = sourceIn(options.sources, name)
  const atHand = templateHere(session, lang, options.sources)
  if (atHand !== null) return atHand
  const { isOffline, debug = false, storeUrl = '' } = options
  const how = { isOffline, debug, overwrite: true, quiet: true, as: name }
  const [bare = '', ref = ''] = name.split('@')
  if (source !== '') await pullTemplates(session, templateSource(session, source), { ...how, only: bare })
  else {
    const all = await storeTemplates(session, { url: storeUrl, isOffline })
    const repo = await repoOf(session, { all, lang, bare })
    const short = bare.split('/').at(-1) ?? bare
    await pullTemplates(session, templateSource(session, ref === '' ? repo : `${repo}#${ref}`), {
      ...how,
      only: short,
    })
  }
  return { name, folder: join(projectTemplates(session), name), origin: 'project' }
}

async function repoOf(
  session: Session,
  {
    all,
    lang,
    bare,
  }: {
    readonly all: Awaited<ReturnType<typeof storeTemplates>>
    readonly lang: string
    readonly bare: string
  },
): Promise<string> {
  try {
    const { repo } = templateNamed(all, bare)
    if (repo !== '') return repo
    throw new CliError(`template "${bare}" comes with this program and has one version only`, {
      hint: `Write: --lang ${bare}`,
    })
  } catch (cause) {
    if (!messageOf(cause).includes('does not exist')) throw cause
    const names = [...(await localNames(session)), ...all.map(({ template }) => template)]
    const others = near(bare, names)
    throw new CliError(`template: "${lang}" was not found in the templates folder or in the store`, {
      cause,
      hint: `Looked for it in ${join(projectTemplates(session), lang)}. ${
        others.length > 0
          ? `Did you mean: ${others.join(', ')}`
          : 'See: sampan new --list, sampan template store list'
      }`,
    })
  }
}

/** Names that need no network: those of `./template` and those that come with this program. */
export async function localNames(session: Session): Promise<readonly string[]> {
  const folder = projectTemplates(session)
  const own = existsSync(folder) ? await readdir(folder, { withFileTypes: true }) : []
  const names = own.filter((entry) => entry.isDirectory()).map(({ name }) => name)
  return [...new Set([...names, ...(await shippedTemplates())])].toSorted()
}
