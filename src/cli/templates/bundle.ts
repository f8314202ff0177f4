import { existsSync } from 'node:fs'
import { cp, mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Invocation } from '../args/command.ts'
import { CliError } from '../cli-error.ts'
import { say, type Session } from '../session.ts'
import type { BUNDLE_FLAGS } from '../table/templates.ts'
import { copyWithWatchdog } from './copy-shipped.ts'
import { templateAtHand, localNames } from './find-template.ts'
import { git } from './git.ts'
import { takesWatchdog } from './watchdog-file.ts'

/** Architectures of Node in the words of Docker. */
const PLATFORMS: Readonly<Record<string, string>> = {
  x64: 'linux/amd64',
  arm64: 'linux/arm64',
  arm: 'linux/arm/v7',
}

/**
 * Templates as a git repository, to be carried where no network is: `template pull FOLDER` takes them there, ours and
 * that of faas-cli (cli.md 14.2). The watchdog is in it.
 */
export async function run({ args, flags, session }: Invocation<typeof BUNDLE_FLAGS>): Promise<void> {
  const target = resolve(session.cwd, flags.output)
  if (existsSync(target) && (await readdir(target)).length > 0)
    throw new CliError(`${flags.output} is there already`, { hint: 'Choose another folder with --output.' })
  const names = args.length === 0 ? await localNames(session) : args
  const platform = flags.platform || (PLATFORMS[process.arch] ?? `linux/${process.arch}`)
  try {
    for (const name of names) await add(session, name, { target, platform })
    await commit(session, target)
  } catch (error) {
    await rm(target, { recursive: true, force: true })
    throw error
  }
  say(session, `Wrote ${names.length} template(s) : [${names.join(' ')}] to ${flags.output}, for ${platform}`)
  say(session, `Take them over there with: sampan template pull ${flags.output}   (or with faas-cli)`)
}

async function add(
  session: Session,
  name: string,
  { target, platform }: { readonly target: string; readonly platform: string },
): Promise<void> {
  const found = templateAtHand(session, name)
  if (found === null)
    throw new CliError(`there is no template "${name}" here`, {
      hint: `There is: ${(await localNames(session)).join(', ')}`,
    })
  const folder = join(target, 'template', name.split('@')[0] ?? name)
  await mkdir(join(folder, '..'), { recursive: true })
  if (await needsWatchdog(found.folder)) await copyWithWatchdog(found.folder, { target: folder, platform })
  else await cp(found.folder, folder, { recursive: true })
  await rm(join(folder, 'meta.json'), { force: true })
}

async function needsWatchdog(folder: string): Promise<boolean> {
  const path = ['Dockerfile', 'function/Dockerfile']
    .map((file) => join(folder, file))
    .find((file) => existsSync(file))
  return path !== undefined && takesWatchdog(await readFile(path, 'utf8'))
}

async function commit(session: Session, target: string): Promise<void> {
  await git(session, target, 'init', '--quiet', '--initial-branch', 'main')
  await git(session, target, 'add', '--all', '--force')
  const who = ['-c', 'user.name=sampan', '-c', 'user.email=sampan@localhost', '-c', 'commit.gpgsign=false']
  await git(session, target, ...who, 'commit', '--quiet', '--no-verify', '--message', 'Templates of sampan')
}
