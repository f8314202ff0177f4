import type { Invocation } from '../args/command.ts'
import { imageName } from '../build/image-name.ts'
import { pairsOf } from '../build/pairs.ts'
import { isOffline } from '../cache/cache-folder.ts'
import { CliError } from '../cli-error.ts'
import { say } from '../session.ts'
import { requireStack } from '../stack/load-stack.ts'
import { catalogue, functionNamed, imageFor } from '../store/catalogue.ts'
import type { GENERATE_FLAGS } from '../table/deploy.ts'
import { documentOf, type DocumentedFunction } from './documents.ts'
import { environmentOf } from './environment-files.ts'

type Asked = Invocation<typeof GENERATE_FLAGS>

/** `generate` (cli.md 3.16). */
export async function run(asked: Asked): Promise<void> {
  const { flags, session } = asked
  if (flags.api === '') throw new CliError('you must supply an API version with --api')
  const functions = flags['from-store'] === '' ? await ofStack(asked) : [await ofStore(asked)]
  const sorted = functions.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  say(session, sorted.map((fn) => documentOf(fn, flags)).join(''))
}

async function ofStack({ flags, session }: Asked): Promise<readonly DocumentedFunction[]> {
  const stack = await requireStack(session, flags)
  if (stack.functions.length === 0) throw new CliError(`no functions found in ${stack.path}`)
  return await Promise.all(
    stack.functions.map(async (fn) => ({
      ...fn,
      image: await imageName(session, fn, flags.tag),
      environment: { ...fn.environment, ...(await environmentOf(session, fn.environmentFiles)) },
    })),
  )
}

/** Its `fprocess` is a variable, because the documents have no other place for it. */
async function ofStore({ flags, session }: Asked): Promise<DocumentedFunction> {
  const all = await catalogue(session, { url: '', isOffline: isOffline(session, { offline: false }) })
  const found = functionNamed(all, flags['from-store'], flags.arch)
  return {
    name: flags.name || found.name,
    image: imageFor(found, flags.arch),
    environment: { ...found.environment, ...(found.fprocess !== '' && { fprocess: found.fprocess }) },
    labels: { ...found.labels, ...Object.fromEntries(pairsOf('label', flags.label)) },
    annotations: { ...found.annotations, ...Object.fromEntries(pairsOf('annotation', flags.annotation)) },
    limits: { memory: '', cpu: '' },
    requests: { memory: '', cpu: '' },
    constraints: null,
    secrets: [],
    readOnlyRootFilesystem: found.readOnlyRootFilesystem,
  }
}
