import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { CliError } from '../cli-error.ts'
import type { Session } from '../session.ts'

/** Where a repository of templates is (cli.md 7.3). */
export interface TemplateSource {
  /** For git: an address, or an absolute path. */
  readonly url: string
  /** A branch, a tag, or `sha-` and a commit. Empty: what the repository has as its own. */
  readonly ref: string
  readonly isLocal: boolean
}

const REMOTE = /^(?:git|ssh|https?):\/\/|^git@[^:/]+:|^[\w.-]+@[\w.-]+:/
const REF = /^[-/\d\w._]+$/

/** Reads `URL`, `URL#ref` or a path. Throws `CliError`. */
export function templateSource(session: Session, text: string): TemplateSource {
  const path = text.startsWith('file://') ? text.slice('file://'.length) : text
  if (!REMOTE.test(path)) {
    const local = resolve(session.cwd, path)
    if (existsSync(local)) return { url: local, ref: '', isLocal: true }
    const [folder = ''] = path.split('#')
    if (path.includes('#') && existsSync(resolve(session.cwd, folder)))
      throw new CliError(`a local path cannot have a reference: ${text}`, {
        hint: `Check it out there, and name ${folder} alone.`,
      })
    throw new CliError(`"${text}" is neither a folder nor the address of a git repository`, {
      hint: 'Such as https://github.com/NAME/REPOSITORY.git, with #TAG for a tag or a branch.',
    })
  }
  const [url = '', ref = '', ...more] = path.split('#')
  if (more.length > 0 || (path.includes('#') && (!REF.test(ref) || ref.startsWith('-'))))
    throw new CliError(`"${path.slice(url.length + 1)}" is no reference of a git repository`, {
      hint: 'A branch, a tag, or sha- and 7 to 40 digits of a commit.',
    })
  if (ref.startsWith('sha-') && !/^sha-[0-9a-f]{7,40}$/i.test(ref))
    throw new CliError(`"${ref}" is no commit`, { hint: 'sha- and 7 to 40 hexadecimal digits.' })
  return { url, ref, isLocal: false }
}
