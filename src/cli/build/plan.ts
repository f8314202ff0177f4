import { resolve } from 'node:path'
import type { FlagValues, GlobalValues } from '../args/command.ts'
import { isOffline } from '../cache/cache-folder.ts'
import { CliError } from '../cli-error.ts'
import { note, type Session } from '../session.ts'
import { loadStack } from '../stack/load-stack.ts'
import type { StackFile, StackFunction } from '../stack/stack-file.ts'
import type { BUILD_FLAGS, PUSH_FLAGS } from '../table/build.ts'
import { findTemplate, templateHere, templateName } from '../templates/find-template.ts'
import { readManifest, type TemplateManifest } from '../templates/template-manifest.ts'
import { buildArgsOf } from './build-args.ts'
import { makeContext } from './context.ts'
import { imageName } from './image-name.ts'
import { pairsOf } from './pairs.ts'

export type BuildValues = FlagValues<typeof BUILD_FLAGS> & GlobalValues
export type PushValues = Pick<FlagValues<typeof PUSH_FLAGS>, 'tag' | 'envsubst'> & GlobalValues

/** What is to be built. */
export interface BuildPlan {
  /** Null: the function came by flags. */
  readonly stack: StackFile | null
  readonly functions: readonly StackFunction[]
}

/** One function, with everything but its build context. */
export interface PlannedBuild {
  readonly fn: StackFunction
  readonly image: string
  readonly args: Readonly<Record<string, string>>
  readonly labels: readonly (readonly [string, string])[]
  /** Id to absolute path. */
  readonly secrets: Readonly<Record<string, string>>
  readonly mountSsh: boolean
  /** Null: the Dockerfile is the function's own. */
  readonly manifest: TemplateManifest | null
  readonly makeContext: (platform: string) => Promise<string>
}

/** Of the flags, where they name an image (cli.md 19, trap 17), else of the stack file. Throws `CliError`. */
export async function planOf(session: Session, flags: BuildValues): Promise<BuildPlan> {
  if (flags.parallel < 1) throw new CliError('--parallel must be 1 or more')
  if (flags.image !== '') return { stack: null, functions: [functionOfFlags(flags)] }
  const stack = await loadStack(session, flags)
  if (stack !== null && stack.functions.length > 0) return { stack, functions: stack.functions }
  throw new CliError(
    'there is nothing to build: no stack.yaml with functions is here, and no --image was given',
    {
      hint: 'Make one with: sampan new NAME --lang node   or name all of --image --handler --name --lang',
    },
  )
}

interface Planning {
  readonly flags: BuildValues
  readonly stack: StackFile | null
  /** Only look: a template that is not here is not fetched, and what it says is not known. */
  readonly isRehearsal?: boolean
}

/** Finds the template and makes names and arguments. Null: a function without a template, which is said. */
export async function plannedBuild(
  session: Session,
  fn: StackFunction,
  planning: Planning,
): Promise<PlannedBuild | null> {
  const { flags, stack } = planning
  if (fn.lang === '') {
    note(
      session,
      `${fn.name} has no lang, so it is not built. Give it one, such as node or dockerfile, or: skip_build: true`,
    )
    return null
  }
  const isPlain = templateName(fn.lang) === 'dockerfile'
  const folder = isPlain ? null : await templateOf(session, fn, planning)
  const manifest = folder === null ? null : await readManifest(folder)
  const extra = [...flags['copy-extra'], ...(stack?.copy ?? [])]
  return {
    fn,
    image: await imageName(session, fn, flags.tag),
    args: isPlain || manifest !== null ? buildArgsOf(fn, flags, manifest) : fn.buildArgs,
    labels: pairsOf('build-label', flags['build-label']),
    secrets: Object.fromEntries(
      Object.entries(fn.buildSecrets).map(([id, path]) => [id, resolve(session.cwd, path)]),
    ),
    mountSsh: manifest?.mountSsh === true,
    manifest,
    makeContext: (platform) =>
      makeContext(session, {
        name: fn.name,
        handler: fn.handler,
        template: folder === null ? null : { folder, handlerFolder: manifest?.handlerFolder ?? 'function' },
        extra,
        platform,
      }),
  }
}

/**
 * Brings the templates of functions here that are not (cli.md 7.4), one after the other, so that two that are built at the same
 * time do not fetch the same. Throws `CliError` for one that cannot be had.
 */
export async function fetchTemplates(
  session: Session,
  functions: readonly StackFunction[],
  planning: Planning,
): Promise<void> {
  const built = functions.filter(({ lang }) => lang !== '' && templateName(lang) !== 'dockerfile')
  const first = new Map(built.toReversed().map((fn) => [fn.lang, fn]))
  for (const fn of first.values()) await templateOf(session, fn, planning)
}

/** The folder of the template. Null in a rehearsal: it would be fetched first, which is said. */
async function templateOf(
  session: Session,
  { name, lang }: StackFunction,
  { flags, stack, isRehearsal = false }: Planning,
): Promise<string | null> {
  const sources = flags['disable-stack-pull'] ? [] : (stack?.templates ?? [])
  if (isRehearsal) {
    const found = templateHere(session, lang, sources)
    if (found === null)
      note(session, `${name}: the template ${lang} is fetched first; what it adds to the build is not shown`)
    return found?.folder ?? null
  }
  const how = { isOffline: isOffline(session, flags), sources, debug: flags.debug }
  return (await findTemplate(session, lang, how)).folder
}

function functionOfFlags({ image, handler, name, lang }: BuildValues): StackFunction {
  const missing = Object.entries({ handler, name, lang }).filter(([, value]) => value === '')
  if (missing.length > 0)
    throw new CliError(
      `with --image, ${missing.map(([flag]) => `--${flag}`).join(' and ')} must be given, too`,
    )
  return {
    name,
    lang,
    handler,
    image,
    fprocess: '',
    environment: {},
    environmentFiles: [],
    secrets: [],
    skipBuild: false,
    constraints: null,
    labels: {},
    annotations: {},
    limits: { memory: '', cpu: '' },
    requests: { memory: '', cpu: '' },
    readOnlyRootFilesystem: false,
    buildOptions: [],
    buildArgs: {},
    buildSecrets: {},
    platforms: '',
    namespace: '',
  }
}
