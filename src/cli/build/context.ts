import { existsSync } from 'node:fs'
import {
  chmod,
  copyFile,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  realpath,
  rm,
  stat,
} from 'node:fs/promises'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { CliError } from '../cli-error.ts'
import { isSwitchedOn, type Session } from '../session.ts'
import { takesWatchdog, WATCHDOG_FILE, watchdogFile } from '../templates/watchdog-file.ts'

export interface ContextPlan {
  readonly name: string
  /** As the stack file has it. */
  readonly handler: string
  /** Null: the handler's folder has the Dockerfile and is all there is. */
  readonly template: { readonly folder: string; readonly handlerFolder: string } | null
  /** Further paths, as they were written. */
  readonly extra: readonly string[]
  /** What is built for, e.g. `linux/arm64`; its watchdog is added where the Dockerfile asks for one. */
  readonly platform: string
}

/** Where contexts and templates are, which no context has. */
const NOT_COPIED: ReadonlySet<string> = new Set(['build', 'template'])

/** Has the time of a pull in it, which would undo the cache of builds (cli.md 19, trap 24). */
const NOT_OF_TEMPLATE: ReadonlySet<string> = new Set(['meta.json'])

/** Makes `./build/NAME` anew (cli.md 9.1); answers its absolute path. Throws `CliError`. */
export async function makeContext(session: Session, plan: ContextPlan): Promise<string> {
  const { name, handler, template, extra } = plan
  const source = await handlerFolderOf(session, { name, handler })
  const target = join(session.cwd, 'build', name)
  await rm(target, { recursive: true, force: true })
  const mode = isSwitchedOn(session, 'CI') ? 0o777 : 0o700
  await mkdir(target, { recursive: true, mode })
  for (const folder of [dirname(target), target]) await chmod(folder, mode)

  if (template !== null) await copyEntries(template.folder, target, NOT_OF_TEMPLATE)
  const destination = template === null ? target : join(target, template.handlerFolder)
  await mkdir(destination, { recursive: true })
  await copyEntries(source, destination, NOT_COPIED)
  for (const path of extra) await copyExtra(session.cwd, path, destination)
  await addWatchdog(target, plan.platform)
  return target
}

/** The folder of a function's code. Throws `CliError` where there is none. */
export async function handlerFolderOf(
  session: Session,
  { name, handler }: Pick<ContextPlan, 'name' | 'handler'>,
): Promise<string> {
  if (!/^[\w][\w.-]*$/.test(name)) throw new CliError(`"${name}" cannot be the name of a function`)
  const source = resolve(session.cwd, handler)
  if (handler !== '' && existsSync(source) && (await stat(source)).isDirectory()) return source
  throw new CliError(`the handler of ${name} is no folder: ${source}`, {
    hint: 'It is looked for below the folder where the command runs, not beside the stack file.',
  })
}

async function copyEntries(from: string, to: string, without: ReadonlySet<string>): Promise<void> {
  for (const name of await readdir(from)) if (!without.has(name)) await copy(join(from, name), join(to, name))
}

/** Links are followed. Modes are kept, times are not. */
async function copy(from: string, to: string, above: readonly string[] = []): Promise<void> {
  const found = await stat(from).catch(async (cause: unknown) => {
    const link = await lstat(from).catch(() => null)
    const leads = link?.isSymbolicLink() === true ? `, a link to ${await readlink(from)},` : ''
    throw new CliError(`${from}${leads} cannot be copied: ${(cause as Error).message}`, { cause })
  })
  if (found.isDirectory()) {
    const real = await realpath(from)
    if (above.includes(real)) throw new CliError(`${from} is a link to a folder that it is in`)
    await mkdir(to, { recursive: true })
    for (const name of await readdir(from)) await copy(join(from, name), join(to, name), [...above, real])
    await chmod(to, found.mode & 0o777)
  } else if (found.isFile()) {
    await rm(to, { force: true })
    await copyFile(from, to)
    await chmod(to, found.mode & 0o777)
  }
}

async function copyExtra(cwd: string, path: string, destination: string): Promise<void> {
  const full = resolve(cwd, path)
  const inside = relative(cwd, full)
  if (inside === '') throw new CliError(`forbidden path appears to equal the entire project: ${path}`)
  // Not by the beginning of the text: `../proj-x` begins as `proj` does (cli.md 19, trap 25).
  if (inside === '..' || inside.startsWith(`..${sep}`) || resolve(inside) === inside)
    throw new CliError(`forbidden path appears to be outside of the build context: ${path} (${full})`)
  if (!existsSync(full)) throw new CliError(`${path}, which is to be copied, does not exist`)
  const to = join(destination, inside)
  await mkdir(dirname(to), { recursive: true })
  await copy(full, to)
}

async function addWatchdog(context: string, platform: string): Promise<void> {
  const dockerfile = join(context, 'Dockerfile')
  if (!existsSync(dockerfile))
    throw new CliError(`there is no Dockerfile in ${context}`, {
      hint: 'With lang: dockerfile it is in the folder of the handler, else in that of the template.',
    })
  const file = join(context, WATCHDOG_FILE)
  if (existsSync(file) || !takesWatchdog(await readFile(dockerfile, 'utf8'))) return
  await copyFile(await watchdogFile(platform), file)
  await chmod(file, 0o755)
}
