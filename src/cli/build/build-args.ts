import type { StackFunction } from '../stack/stack-file.ts'
import type { TemplateManifest } from '../templates/template-manifest.ts'
import { CliError } from '../cli-error.ts'
import { pairsOf } from './pairs.ts'

const PACKAGES = 'ADDITIONAL_PACKAGE'

/** The arguments of a build, by name (cli.md 9.2): what flags say wins, and packages add up. */
export function buildArgsOf(
  fn: Pick<StackFunction, 'buildArgs' | 'buildOptions' | 'lang'>,
  flags: { readonly 'build-arg': readonly string[]; readonly 'build-option': readonly string[] },
  manifest: Pick<TemplateManifest, 'buildOptions'> | null,
): Readonly<Record<string, string>> {
  const args: Record<string, string> = { ...fn.buildArgs }
  const given = pairsOf('build-arg', flags['build-arg'])
  for (const [key, value] of given) if (key !== PACKAGES) args[key] = value
  const named = given.filter(([key]) => key === PACKAGES).map(([, value]) => value)
  const own = named.length > 0 ? named : [fn.buildArgs[PACKAGES] ?? '']
  const options = [...fn.buildOptions, ...flags['build-option']].flatMap((name) =>
    packagesOf(name, fn.lang, manifest),
  )
  const packages = new Set(
    [...options, ...own.flatMap((text) => text.split(/\s+/))].filter((one) => one !== ''),
  )
  return { ...args, [PACKAGES]: [...packages].toSorted().join(' ') }
}

function packagesOf(
  name: string,
  lang: string,
  manifest: Pick<TemplateManifest, 'buildOptions'> | null,
): readonly string[] {
  const known = manifest?.buildOptions ?? []
  const found = known.find((option) => option.name === name)
  if (found !== undefined) return found.packages
  throw new CliError(`the template ${lang} has no build option "${name}"`, {
    hint: known.length === 0 ? 'It has none.' : `It has: ${known.map((option) => option.name).join(', ')}`,
  })
}
