import { existsSync } from 'node:fs'
import { cp, mkdir, readFile, rm } from 'node:fs/promises'
import { isAbsolute, join, resolve } from 'node:path'
import type { Invocation } from '../args/command.ts'
import { isOffline } from '../cache/cache-folder.ts'
import { CliError } from '../cli-error.ts'
import { writeWhole } from '../files/whole-file.ts'
import { gatewayAddress } from '../gateway/gateway-address.ts'
import { envOf, say, type Session } from '../session.ts'
import type { NEW_FLAGS } from '../table/templates.ts'
import { findTemplate, localNames, templateName } from './find-template.ts'
import { functionNames, type NewFunction, stackText, withFunction } from './function-text.ts'
import { readManifest } from './template-manifest.ts'

/** What is never to be committed, and would be built in (cli.md 3.1). */
const IGNORED = ['template', 'build', '.secrets']

const LONGEST_NAME = 63

/** cli.md 3.1. */
export async function run(invocation: Invocation<typeof NEW_FLAGS>): Promise<number> {
  const { args, flags, session } = invocation
  if (flags.list) {
    say(session, 'Languages available as templates:')
    for (const name of await localNames(session)) say(session, `- ${name}`)
    return 0
  }
  const [name = ''] = args
  checkName(name, flags.lang)
  const stack = await stackPlace(session, { name, append: flags.append, yaml: flags.yaml })
  const folder = flags.handler || name
  if (existsSync(resolve(session.cwd, folder)))
    throw new CliError(`folder: ${folder} already exists`, {
      hint: 'Choose another with --handler, or remove it. Nothing was written.',
    })

  const template = await findTemplate(session, flags.lang, {
    isOffline: isOffline(session, flags),
    storeUrl: '',
  })
  const { handlerFolder, welcomeMessage } = await readManifest(template.folder)
  const text = await stack.textWith(newFunction(invocation, { name, folder }), gatewayOf(invocation))
  await write(session, { folder, sample: join(template.folder, handlerFolder), stack: stack.path, text })
  say(session, `Function created in folder: ${folder}`)
  say(session, `Stack file ${flags.append === '' ? 'written' : 'updated'}: ${stack.path}`)
  if (!flags.quiet && welcomeMessage !== '') say(session, `\nNotes:\n${welcomeMessage.trimEnd()}`)
  return 0
}

function checkName(name: string, lang: string): void {
  if (lang === '')
    throw new CliError('you must supply a function language with the --lang flag', {
      hint: 'Such as: sampan new hello --lang node. Which there are: sampan new --list',
    })
  if (name === '')
    throw new CliError('please provide a name for the function', { hint: `sampan new hello --lang ${lang}` })
  if (!/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(name) || name.length > LONGEST_NAME)
    throw new CliError(`"${name}" is no name of a function`, {
      hint: `Small letters, digits and dashes, at most ${LONGEST_NAME}, a letter or a digit at both ends.`,
    })
}

interface StackPlace {
  readonly path: string
  textWith(function_: NewFunction, gateway: string): Promise<string>
}

/** The stack file that is to be made or extended; throws where it cannot. */
async function stackPlace(
  session: Session,
  { name, append, yaml }: { readonly name: string; readonly append: string; readonly yaml: string },
): Promise<StackPlace> {
  const path = append || yaml || 'stack.yaml'
  if (append === '') {
    if (existsSync(resolve(session.cwd, path)))
      throw new CliError(`file: ${path} already exists`, {
        hint: `Add the function to it with: --append ${path}`,
      })
    return { path, textWith: async (function_, gateway) => stackText(gateway, function_) }
  }
  if (!/\.ya?ml$/.test(append))
    throw new CliError(`when appending to a stack the suffix should be .yml or .yaml, not ${append}`)
  const text = await readFile(resolve(session.cwd, append), 'utf8').catch((cause: unknown) => {
    throw new CliError(`unable to find file: ${append}`, {
      cause,
      hint: 'Without --append a stack file is made.',
    })
  })
  if ((await functionNames(text, append)).includes(name))
    throw new CliError(`function ${name} already exists in ${append} file`, { hint: 'Choose another name.' })
  return {
    path,
    textWith: async (function_) => checked(await withFunction(text, function_), { before: text, name, path }),
  }
}

/** Never writes a file in which the function is not, or another is no more. */
async function checked(
  text: string,
  { before, name, path }: { readonly before: string; readonly name: string; readonly path: string },
): Promise<string> {
  const expected = [...(await functionNames(before, path)), name].toSorted()
  const found = [...(await functionNames(text, path))].toSorted()
  if (expected.join() !== found.join())
    throw new CliError(`${path} is laid out in a way that cannot be extended`, {
      hint: 'Add the function by hand.',
    })
  return text
}

function newFunction(
  { flags, session }: Invocation<typeof NEW_FLAGS>,
  { name, folder }: { readonly name: string; readonly folder: string },
): NewFunction {
  const prefix = (flags.prefix || envOf(session, 'OPENFAAS_PREFIX')).trim().replace(/\/+$/, '')
  return {
    name,
    lang: templateName(flags.lang),
    handler:
      isAbsolute(folder) || folder.startsWith('./') || folder.startsWith('../') ? folder : `./${folder}`,
    image: `${prefix === '' ? '' : `${prefix}/`}${name}:latest`,
    requests: { cpu: flags['cpu-request'], memory: flags['memory-request'] },
    limits: { cpu: flags['cpu-limit'], memory: flags['memory-limit'] },
  }
}

function gatewayOf({ flags, isGiven, session }: Invocation<typeof NEW_FLAGS>): string {
  const asked = { flag: flags.gateway, isGiven: isGiven('gateway'), stackFile: '', context: '' }
  return gatewayAddress(session, asked).url
}

/** All of it, or nothing: a folder that stays behind would be in the way of the next try. */
async function write(
  session: Session,
  made: { readonly folder: string; readonly sample: string; readonly stack: string; readonly text: string },
): Promise<void> {
  const folder = resolve(session.cwd, made.folder)
  const stack = resolve(session.cwd, made.stack)
  const first = await mkdir(folder, { recursive: true, mode: 0o700 })
  try {
    if (existsSync(made.sample)) await cp(made.sample, folder, { recursive: true })
    await ignore(session)
    await writeWhole(stack, made.text, existsSync(stack) ? {} : { mode: 0o600 })
  } catch (error) {
    await rm(first ?? folder, { recursive: true, force: true })
    throw error
  }
}

/** Adds to `.gitignore` what is not there yet. */
async function ignore(session: Session): Promise<void> {
  const path = join(session.cwd, '.gitignore')
  const text = await readFile(path, 'utf8').catch(() => '')
  const lines = text.split(/\r?\n/)
  const missing = IGNORED.filter((line) => !lines.includes(line))
  if (missing.length === 0) return
  const start = text === '' || text.endsWith('\n') ? text : `${text}\n`
  await writeWhole(path, `${start}${missing.join('\n')}\n`)
}
