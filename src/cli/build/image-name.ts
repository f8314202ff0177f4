import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { CliError } from '../cli-error.ts'
import type { Session } from '../session.ts'

/** The image of a function under a rule of `--tag` (cli.md 9.4). Throws `CliError`. */
export async function imageName(
  session: Session,
  { image, handler }: { readonly image: string; readonly handler: string },
  rule: string,
): Promise<string> {
  if (image === '')
    throw new CliError('the function has no image', { hint: 'Give it one: image: NAME:latest' })
  const full = withTag(image)
  switch (rule.toLowerCase()) {
    case '':
    case 'latest':
    case 'default':
      return full
    case 'sha':
      return `${full}-${await git(session, 'rev-parse', '--short', 'HEAD')}`
    case 'branch': {
      const branch = await git(session, 'rev-parse', '--symbolic-full-name', '--abbrev-ref', 'HEAD')
      return `${full}-${branch}-${await git(session, 'rev-parse', '--short', 'HEAD')}`
    }
    case 'describe':
      return `${full}-${await git(session, 'describe', '--tags', '--always')}`
    case 'digest':
      return `${withoutTag(full)}:${await digestOf(resolve(session.cwd, handler))}`
    default:
      throw new CliError(`"${rule}" is no rule for tags`, {
        hint: 'One of: latest, sha, branch, describe, digest',
      })
  }
}

/** What an image without a tag means. */
export function withTag(image: string): string {
  return hasTag(image) ? image : `${image}:latest`
}

export function withoutTag(image: string): string {
  return hasTag(image) ? image.slice(0, image.lastIndexOf(':')) : image
}

function hasTag(image: string): boolean {
  return image.lastIndexOf(':') > image.lastIndexOf('/')
}

function git(session: Session, ...words: readonly string[]): Promise<string> {
  return new Promise((done, fail) => {
    execFile(
      'git',
      words,
      { cwd: session.cwd, env: session.env, signal: session.signal },
      (error, stdout, stderr) => {
        if (error === null) return done(stdout.trim())
        const reason = stderr.trim() || error.message
        fail(
          new CliError(`the tag cannot be made: ${reason}`, {
            cause: error,
            hint: 'sha, branch and describe need a git repository with a commit. Outside of one: --tag digest',
          }),
        )
      },
    )
  })
}

/** MD5 of the MD5 of each file, in the order of their paths. */
async function digestOf(folder: string): Promise<string> {
  const files = await filesIn(folder).catch((cause: unknown) => {
    throw new CliError(`${folder} cannot be read: ${(cause as Error).message}`, { cause })
  })
  const all = createHash('md5')
  for (const path of files.toSorted())
    all.update(
      createHash('md5')
        .update(await readFile(path))
        .digest('hex'),
    )
  return all.digest('hex')
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  const found = await Promise.all(
    entries.map(async (entry) => {
      const path = join(folder, entry.name)
      return entry.isDirectory() ? await filesIn(path) : entry.isFile() ? [path] : []
    }),
  )
  return found.flat()
}
