import { existsSync } from 'node:fs'
import { cp, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CliError } from '../cli-error.ts'
import { note, say, type Session } from '../session.ts'
import { fetchRepository } from './repository.ts'
import type { TemplateSource } from './template-source.ts'

export interface PullOptions {
  readonly isOffline: boolean
  /** Templates that are there already are written over; else they are an error, after the others were written. */
  readonly overwrite: boolean
  readonly debug?: boolean
  /** Only this one of the repository. */
  readonly only?: string
  /** The folder's name, for `only`; without it the template's, with `@ref` where there is one. */
  readonly as?: string
  readonly quiet?: boolean
}

/** Where templates of a project are. */
export function projectTemplates(session: Session): string {
  return join(session.cwd, 'template')
}

/** Copies templates of a repository to `./template` (cli.md 7.3). Answers the names of the folders that were written. */
export async function pullTemplates(
  session: Session,
  source: TemplateSource,
  options: PullOptions,
): Promise<readonly string[]> {
  const { overwrite, only, as, quiet = false } = options
  note(session, `Fetching templates from ${source.url}${source.ref === '' ? '' : ` at ${source.ref}`}`)
  const { folder, names, sha } = await fetchRepository(session, source, options)
  const chosen = only === undefined ? names : names.filter((name) => name === only)
  if (only !== undefined && chosen.length === 0)
    throw new CliError(`there is no template "${only}" in ${source.url}`, {
      hint: `There is: ${names.join(', ')}`,
    })

  const written: string[] = []
  const present: string[] = []
  for (const name of chosen) {
    const target = as ?? (source.ref === '' ? name : `${name}@${source.ref}`)
    const path = join(projectTemplates(session), target)
    if (!overwrite && existsSync(path)) {
      present.push(target)
      continue
    }
    await mkdir(path, { recursive: true })
    await cp(join(folder, name), path, { recursive: true })
    const ref = source.ref === '' ? {} : { ref_name: source.ref }
    const meta = { repository: source.url, ...ref, sha, written_at: new Date().toISOString() }
    await writeFile(join(path, 'meta.json'), `${JSON.stringify(meta, null, 2)}\n`)
    written.push(target)
  }
  if (!quiet) say(session, `Wrote ${written.length} template(s) : [${written.join(' ')}]`)
  if (present.length > 0)
    throw new CliError(`the following templates are there already: ${present.join(', ')}`, {
      hint: 'Without --overwrite=false they are written over.',
    })
  return written
}
