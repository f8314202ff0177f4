import { DEFAULT_NAMESPACE } from '../../core/functions/function-name.ts'
import { CliError } from '../cli-error.ts'
import type { ListedFunction } from '../functions/functions-client.ts'
import { escapedForSubstitution } from '../stack/escape.ts'
import { PROVIDER, VERSION } from '../stack/stack-schema.ts'
import { asDeployed } from './as-deployed.ts'
import { yamlScalar, yamlValue } from './yaml-text.ts'

type Texts = Readonly<Record<string, string>>

const HEAD = `# Written by sampan export, for: sampan import FILE, sampan deploy -f FILE, or
# faas-cli deploy -f FILE. Secrets are named here, and not contained.
version: ${VERSION}
provider:
  name: ${PROVIDER}
`

/**
 * A stack file that deploys these functions. The same functions make the same text, in whatever order they come. `isPlaced`:
 * with their namespaces. Throws `CliError` for two of one name, for which a stack file has no room.
 */
export function stackText(functions: readonly ListedFunction[], isPlaced: boolean): string {
  const sorted = functions.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
  for (const [at, one] of sorted.entries()) {
    const other = sorted[at + 1]
    if (other?.name === one.name)
      throw new CliError(
        `there is a function ${one.name} in ${one.namespace} and in ${other.namespace}, and a stack file has a name once`,
        { hint: 'Write a file for each namespace: sampan export -n NAMESPACE --output FILE' },
      )
  }
  const all = sorted.map((one) => functionText(asDeployed(one), isPlaced)).join('')
  return escapedForSubstitution(`${HEAD}functions:${all === '' ? ' {}\n' : `\n${all}`}`)
}

function functionText(fn: ListedFunction, isPlaced: boolean): string {
  const { name, namespace = '', limits, requests } = fn
  const isElsewhere = isPlaced && namespace !== '' && namespace !== DEFAULT_NAMESPACE
  return [
    `  ${yamlScalar(name)}:\n`,
    // There is no source of it here: what builds and pushes passes over it.
    '    skip_build: true\n',
    entry('image', fn.image),
    entry('namespace', isElsewhere ? namespace : ''),
    entry('fprocess', fn.envProcess ?? ''),
    mapText('environment', fn.envVars ?? {}),
    listText('secrets', fn.secrets ?? []),
    listText('constraints', fn.constraints ?? []),
    mapText('labels', fn.labels ?? {}),
    mapText('annotations', fn.annotations ?? {}),
    mapText('limits', resources(limits)),
    mapText('requests', resources(requests)),
    fn.readOnlyRootFilesystem === true ? '    readonly_root_filesystem: true\n' : '',
  ].join('')
}

/** Of limits and requests, what a stack file has no key for. */
export function unsaid(fn: ListedFunction): readonly string[] {
  const keys = [...Object.keys(fn.limits ?? {}), ...Object.keys(fn.requests ?? {})]
  return [...new Set(keys)].filter((key) => key !== 'memory' && key !== 'cpu')
}

function resources(given: ListedFunction['limits']): Texts {
  const { memory = '', cpu = '' } = given ?? {}
  return { ...(cpu !== '' && { cpu }), ...(memory !== '' && { memory }) }
}

function entry(key: string, text: string): string {
  return text === '' ? '' : `    ${key}: ${yamlValue(text, '    ')}\n`
}

function mapText(key: string, texts: Texts): string {
  const names = Object.keys(texts).toSorted()
  if (names.length === 0) return ''
  const lines = names.map((name) => `      ${yamlScalar(name)}: ${yamlValue(texts[name] ?? '', '      ')}\n`)
  return `    ${key}:\n${lines.join('')}`
}

function listText(key: string, texts: readonly string[]): string {
  if (texts.length === 0) return ''
  return `    ${key}:\n${texts.map((text) => `      - ${yamlScalar(text)}\n`).join('')}`
}
