import { existsSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Invocation } from '../args/command.ts'
import { CliError } from '../cli-error.ts'
import { say, type Session } from '../session.ts'
import { parsedStack } from '../stack/load-stack.ts'
import { isStackUrl, locateStack } from '../stack/locate-stack.ts'
import { type Remark, remarkText } from '../stack/remark.ts'
import { selectFunctions } from '../stack/select-functions.ts'
import type { StackFunction } from '../stack/stack-file.ts'
import type { VALIDATE_FLAGS } from '../table/deploy.ts'
import { templateAtHand, templateName } from '../templates/find-template.ts'
import { checkFunction } from './check-function.ts'

type Lines = ReadonlyMap<string, number>

/** What is wrong with a function, before it has a line. */
type Finding = Pick<Remark, 'kind' | 'message'> & { readonly key: string }

/** `validate`: what a stack file says wrongly or in vain (cli.md 4.3). What keeps it from being read is thrown. */
export async function run({ flags, session }: Invocation<typeof VALIDATE_FLAGS>): Promise<number> {
  const place = locateStack(session, flags.yaml)
  if (place === null)
    throw new CliError('there is no stack.yaml or stack.yml here', { hint: 'Name a stack file with -f.' })
  const { stack, remarks, lines } = await parsedStack(session, place, flags)
  const functions = selectFunctions(stack.functions, flags)
  const isHere = !isStackUrl(place.path)
  const found = functions.flatMap((fn) => findings(session, fn, { lines, isHere }))
  const all = [...remarks, ...found].toSorted((a, b) => a.line - b.line)
  for (const remark of all) say(session, remarkText(place.path, remark))
  const errors = all.filter(({ kind }) => kind === 'error').length
  if (all.length === 0)
    say(session, `${place.path}: ${counted(functions.length, 'function')}, no mistakes found`)
  else say(session, `${counted(errors, 'error')}, ${counted(all.length - errors, 'warning')}`)
  return errors > 0 ? 1 : 0
}

function findings(
  session: Session,
  fn: StackFunction,
  { lines, isHere }: { readonly lines: Lines; readonly isHere: boolean },
): readonly Remark[] {
  const all: readonly Finding[] = [
    ...checkFunction(fn).map(({ key, message }) => ({ kind: 'error' as const, key, message })),
    ...ofTexts(fn),
    ...(isHere ? ofFiles(session, fn) : []),
  ]
  return all.map(({ kind, key, message }) => ({
    kind,
    message,
    line: lines.get(`${fn.name}.${key}`) ?? lines.get(fn.name) ?? 1,
  }))
}

function ofTexts({ name, environment, secrets }: StackFunction): readonly Finding[] {
  const twice = secrets.filter((secret, at) => secrets.indexOf(secret) < at)
  return [
    ...Object.entries(environment)
      .filter(([, value]) => value.includes('${'))
      .map(([key]) =>
        warning(
          'environment',
          `${name}: ${key} has a "\${" that was not replaced, which the function gets as it is`,
        ),
      ),
    ...[...new Set(twice)].map((secret) => warning('secrets', `${name}: secret ${secret} is listed twice`)),
  ]
}

function ofFiles(session: Session, fn: StackFunction): readonly Finding[] {
  const { name, lang, handler, skipBuild, environmentFiles, buildSecrets } = fn
  const missing = (key: string, what: string, path: string): Finding => ({
    kind: 'error',
    key,
    message: `${name}: ${what} is not there: ${resolve(session.cwd, path)}`,
  })
  const isBuilt = lang !== '' && !skipBuild
  return [
    ...(isBuilt && !isFolder(session, handler)
      ? [missing('handler', 'the folder of the handler', handler)]
      : []),
    ...(isBuilt && templateName(lang) !== 'dockerfile' && templateAtHand(session, lang) === null
      ? [
          warning(
            'lang',
            `${name}: template ${lang} is neither in ./template nor part of this program; building fetches it`,
          ),
        ]
      : []),
    ...environmentFiles
      .filter((path) => !existsSync(resolve(session.cwd, path)))
      .map((path) => missing('environment_file', 'environment file', path)),
    ...Object.values(buildSecrets)
      .filter((path) => !existsSync(resolve(session.cwd, path)))
      .map((path) => missing('build_secrets', 'the file of a build secret', path)),
  ]
}

function isFolder(session: Session, path: string): boolean {
  return statSync(resolve(session.cwd, path), { throwIfNoEntry: false })?.isDirectory() === true
}

function warning(key: string, message: string): Finding {
  return { kind: 'warning', key, message }
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}
