import { near } from '../args/suggest.ts'
import { CliError } from '../cli-error.ts'
import type { Remark } from './remark.ts'
import type { ResourceTexts, StackFile, StackFunction } from './stack-file.ts'
import {
  CONFIGURATION_KEYS,
  FUNCTION_KEYS,
  PROVIDER,
  PROVIDER_KEYS,
  RESOURCE_KEYS,
  STACK_KEYS,
  TEMPLATE_KEYS,
  VERSION,
} from './stack-schema.ts'
import { YamlTree } from './yaml-tree.ts'

export interface ParsedStack {
  readonly stack: StackFile
  /** Of what was passed over while reading. */
  readonly remarks: readonly Remark[]
  /** Where functions and their keys stand: `NAME` and `NAME.KEY`. */
  readonly lines: ReadonlyMap<string, number>
}

/** YAML that says nothing of gateways and functions: a file of somebody else's with the same name. */
export class NoStackFile extends CliError {}

/** Settings of the watchdog, which are variables: people write them beside `environment`. */
const TIMEOUTS: ReadonlySet<string> = new Set([
  'read_timeout',
  'write_timeout',
  'exec_timeout',
  'healthcheck_interval',
  'max_inflight',
])

/** What a stack file says. Throws `CliError` for what is none. `restore`: see `YamlTree`. */
export function parseStack(text: string, path: string, restore?: (scalar: string) => string): ParsedStack {
  return new Parser(new YamlTree(text, path, restore), path).parse()
}

type Values = ReadonlyMap<string, unknown>

class Parser {
  readonly #tree: YamlTree
  readonly #path: string
  readonly #remarks: Remark[] = []
  readonly #lines = new Map<string, number>()

  constructor(tree: YamlTree, path: string) {
    this.#tree = tree
    this.#path = path
  }

  parse(): ParsedStack {
    const tree = this.#tree
    const top = this.#object(tree.root, { type: 'stack.Services', keys: STACK_KEYS, at: 'the file' })
    const provider = this.#object(top.get('provider'), {
      type: 'stack.Provider',
      keys: PROVIDER_KEYS,
      at: 'provider',
    })
    const version = tree.text(top.get('version'))
    const name = tree.text(provider.get('name'))
    const configuration = this.#object(top.get('configuration'), {
      type: 'stack.StackConfiguration',
      keys: CONFIGURATION_KEYS,
      at: 'configuration',
    })
    const stack: StackFile = {
      path: this.#path,
      gateway: tree.text(provider.get('gateway')),
      functions: this.#functions(top.get('functions')),
      templates: this.#templates(configuration.get('templates')),
      copy: tree.texts(configuration.get('copy')),
    }
    try {
      tree.check()
      checkHead(this.#path, version, name)
    } catch (error) {
      if (top.has('provider') || top.has('functions') || !(error instanceof CliError)) throw error
      throw new NoStackFile(error.message, { hint: error.hint, cause: error })
    }
    return { stack, remarks: this.#remarks, lines: this.#lines }
  }

  #functions(node: unknown): readonly StackFunction[] {
    return this.#tree.entries(node, 'map[string]stack.Function').map(({ key, value, line }) => {
      this.#lines.set(key, line)
      return this.#function(key, value)
    })
  }

  #function(name: string, node: unknown): StackFunction {
    const tree = this.#tree
    const keys = Object.keys(FUNCTION_KEYS)
    const values = this.#object(node, { type: 'stack.Function', keys, at: `function ${name}`, name })
    const of = (key: keyof typeof FUNCTION_KEYS): unknown => values.get(key)
    return {
      name,
      lang: tree.text(of('lang')),
      handler: tree.text(of('handler')),
      image: tree.text(of('image')),
      fprocess: tree.text(of('fprocess')),
      environment: tree.textMap(of('environment')),
      environmentFiles: tree.texts(of('environment_file')),
      secrets: tree.texts(of('secrets')),
      skipBuild: tree.switch(of('skip_build')),
      constraints: tree.has(of('constraints')) ? tree.texts(of('constraints')) : null,
      labels: tree.textMap(of('labels')),
      annotations: tree.textMap(of('annotations')),
      limits: this.#resources(of('limits'), `function ${name}, limits`),
      requests: this.#resources(of('requests'), `function ${name}, requests`),
      readOnlyRootFilesystem: tree.switch(of('readonly_root_filesystem')),
      buildOptions: tree.texts(of('build_options')),
      buildArgs: tree.textMap(of('build_args')),
      buildSecrets: tree.textMap(of('build_secrets')),
      platforms: tree.text(of('platforms')),
      namespace: tree.text(of('namespace')),
    }
  }

  #resources(node: unknown, at: string): ResourceTexts {
    const keys = Object.keys(RESOURCE_KEYS)
    const values = this.#object(node, { type: 'stack.FunctionResources', keys, at })
    return { memory: this.#tree.text(values.get('memory')), cpu: this.#tree.text(values.get('cpu')) }
  }

  #templates(node: unknown): StackFile['templates'] {
    return this.#tree.items(node, '[]stack.TemplateSource').map((item) => {
      const values = this.#object(item, {
        type: 'stack.TemplateSource',
        keys: TEMPLATE_KEYS,
        at: 'configuration.templates',
      })
      return { name: this.#tree.text(values.get('name')), source: this.#tree.text(values.get('source')) }
    })
  }

  #object(
    node: unknown,
    of: {
      readonly type: string
      readonly keys: readonly string[]
      readonly at: string
      readonly name?: string
    },
  ): Values {
    const entries = this.#tree.entries(node, of.type)
    for (const { key, line } of entries) {
      if (of.name !== undefined) this.#lines.set(`${of.name}.${key}`, line)
      if (!of.keys.includes(key)) this.#remark(line, unknownKey(key, of.keys, of.at))
    }
    return new Map(entries.map(({ key, value }) => [key, value]))
  }

  #remark(line: number, message: string): void {
    this.#remarks.push({ kind: 'warning', line, message })
  }
}

function unknownKey(key: string, known: readonly string[], at: string): string {
  const start = `"${key}" is no key of ${at} and means nothing there`
  if (TIMEOUTS.has(key)) return `${start}: it is a variable, and belongs under environment`
  // Also for dashes that should be underscores.
  const [meant] = near(key.replaceAll('-', '_'), known)
  return meant === undefined ? start : `${start}: did you mean "${meant}"?`
}

function checkHead(path: string, version: string, name: string): void {
  if (version !== '' && version !== VERSION)
    throw new CliError(
      `${path}: [${VERSION}] are the only valid versions for the stack file - found: ${version}`,
      { hint: `Write: version: ${VERSION}` },
    )
  if (name !== PROVIDER)
    throw new CliError(
      `${path}: ['${PROVIDER}'] is the only valid "provider.name" for the OpenFaaS CLI, but you gave: ${name}`,
      { hint: `Write:\n  provider:\n    name: ${PROVIDER}` },
    )
}
