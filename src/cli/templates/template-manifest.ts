import { readFile } from 'node:fs/promises'
import { join, normalize } from 'node:path'
import { CliError } from '../cli-error.ts'

/** What a `template.yml` says (cli.md 7.2). */
export interface TemplateManifest {
  readonly language: string
  /** Empty: the image says. */
  readonly fprocess: string
  readonly buildOptions: readonly { readonly name: string; readonly packages: readonly string[] }[]
  readonly welcomeMessage: string
  /** Where the handler is in the build context: `function` unless the template says otherwise. */
  readonly handlerFolder: string
  readonly mountSsh: boolean
  /**
   * Ours: where a running container has the handler, as it stands in its folder. Empty: it is compiled into something.
   */
  readonly handlerPath: string
  /**
   * Ours: files of the handler that are read when the image is built, as lines of a `.gitignore` name them. A change of one is a
   * build, with `sampan dev`.
   */
  readonly rebuild: readonly string[]
}

/** Reads `template.yml` in a template's folder. Throws `CliError` where there is none that can be read. */
export async function readManifest(folder: string): Promise<TemplateManifest> {
  const path = join(folder, 'template.yml')
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new CliError(`${path} cannot be read: ${(cause as Error).message}`, {
      cause,
      hint: 'A template is a folder with a template.yml, a Dockerfile and a sample handler.',
    })
  })
  const { parse } = await import('yaml')
  let parsed: unknown
  try {
    parsed = parse(text, { schema: 'failsafe' })
  } catch (cause) {
    throw new CliError(`${path} is no YAML: ${(cause as Error).message}`, { cause })
  }
  const map = mapOf(parsed)
  const handlerFolder = textOf(map['handler_folder']) || 'function'
  if (handlerFolder.startsWith('/') || normalize(handlerFolder).startsWith('..'))
    throw new CliError(`${path}: handler_folder leads out of the template: ${handlerFolder}`)
  return {
    language: textOf(map['language']),
    fprocess: textOf(map['fprocess']),
    buildOptions: listOf(map['build_options']).map((one) => ({
      name: textOf(mapOf(one)['name']),
      packages: listOf(mapOf(one)['packages']).map(textOf),
    })),
    welcomeMessage: textOf(map['welcome_message']),
    handlerFolder,
    mountSsh: textOf(map['mount_ssh']) === 'true',
    handlerPath: textOf(map['handler_path']),
    rebuild: listOf(map['rebuild']).map(textOf),
  }
}

function mapOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
