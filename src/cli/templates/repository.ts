// A repository of templates, fetched with git and kept in the user's cache.

import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { messageOf } from '../../core/errors.ts'
import { cacheFolder, cacheKey } from '../cache/cache-folder.ts'
import { CliError } from '../cli-error.ts'
import { note, type Session } from '../session.ts'
import { git } from './git.ts'
import type { TemplateSource } from './template-source.ts'

/** What was fetched: its templates are folders of `folder`. */
export interface TemplateRepository {
  readonly folder: string
  readonly names: readonly string[]
  readonly sha: string
}

export interface FetchOptions {
  readonly isOffline: boolean
  /** Keep the clone and say where it is. */
  readonly debug?: boolean
}

/**
 * Brings a repository here. One that cannot be reached is taken from the cache, which is said on standard error; with
 * `isOffline` the network is not asked.
 */
export async function fetchRepository(
  session: Session,
  source: TemplateSource,
  { isOffline, debug = false }: FetchOptions,
): Promise<TemplateRepository> {
  const kept = join(cacheFolder(session), 'templates', cacheKey(`${source.url}#${source.ref}`))
  if (source.isLocal && !existsSync(join(source.url, '.git')) && !existsSync(join(source.url, 'HEAD')))
    return plainFolder(source)
  if (isOffline && !source.isLocal) {
    if (existsSync(kept)) return repositoryIn(kept, source)
    throw new CliError(
      `the templates of ${source.url} were never fetched, and the network is not to be used`,
      {
        hint: 'Fetch them without --offline once, or carry them here with: sampan template bundle',
      },
    )
  }
  try {
    await clone(session, source, { kept, debug })
  } catch (error) {
    if (source.isLocal || session.signal.aborted || !existsSync(kept)) throw error
    note(
      session,
      `${source.url} cannot be fetched, so what it was the last time is used. ${messageOf(error)}`,
    )
  }
  return repositoryIn(kept, source)
}

async function clone(
  session: Session,
  { url, ref }: TemplateSource,
  { kept, debug }: { readonly kept: string; readonly debug: boolean },
): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), 'sampan-templates-'))
  try {
    const options = ['--quiet', '--config', 'core.autocrlf=false']
    const commit = ref.startsWith('sha-') ? ref.slice('sha-'.length) : ''
    if (ref !== '' && commit === '') await git(session, work, 'check-ref-format', '--allow-onelevel', ref)
    const which = commit !== '' ? [] : ['--depth=1', ...(ref === '' ? [] : ['--branch', ref])]
    await git(session, work, 'clone', ...options, ...which, '--', url, 'clone')
    const folder = join(work, 'clone')
    if (commit !== '') await git(session, folder, 'checkout', '--quiet', commit)
    const sha = await git(session, folder, 'rev-parse', 'HEAD')
    const templates = join(folder, 'template')
    if (!existsSync(templates)) throw noTemplates(url, await readdir(folder))
    await keep(kept, { templates, origin: { url, ref, sha, at: new Date().toISOString() } })
  } finally {
    if (debug) note(session, `The clone is in ${work}`)
    else await rm(work, { recursive: true, force: true })
  }
}

/** The folder appears whole or not at all, and never is half an old one. */
async function keep(
  kept: string,
  { templates, origin }: { readonly templates: string; readonly origin: object },
): Promise<void> {
  const beside = `${kept}.${process.pid}`
  await mkdir(join(kept, '..'), { recursive: true })
  await rm(beside, { recursive: true, force: true })
  await cp(templates, join(beside, 'template'), { recursive: true })
  await writeFile(join(beside, 'origin.json'), JSON.stringify(origin))
  await rm(kept, { recursive: true, force: true })
  await rename(beside, kept)
}

async function repositoryIn(kept: string, { url }: TemplateSource): Promise<TemplateRepository> {
  const { sha } = JSON.parse(await readFile(join(kept, 'origin.json'), 'utf8')) as { sha: string }
  const folder = join(kept, 'template')
  const names = await templatesIn(folder)
  if (names.length === 0) throw noTemplates(url, [])
  return { folder, names, sha }
}

/** Not a git repository, but laid out as one: what `template bundle` wrote, or what was unpacked. */
async function plainFolder({ url }: TemplateSource): Promise<TemplateRepository> {
  const folder = join(url, 'template')
  const names = existsSync(folder) ? await templatesIn(folder) : []
  if (names.length === 0) throw noTemplates(url, await readdir(url).catch(() => []))
  return { folder, names, sha: '' }
}

async function templatesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .toSorted()
}

function noTemplates(url: string, found: readonly string[]): CliError {
  const there = found.filter((name) => !name.startsWith('.')).slice(0, 10)
  return new CliError(`there are no templates in ${url}`, {
    hint: `Templates are folders in a folder "template".${there.length === 0 ? '' : ` There is: ${there.join(', ')}.`}`,
  })
}
