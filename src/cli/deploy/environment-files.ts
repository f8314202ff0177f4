import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { CliError } from '../cli-error.ts'
import type { Session } from '../session.ts'
import { YamlTree } from '../stack/yaml-tree.ts'

/** The first line that says something, in a file of lines. */
const FIRST_LINE = /^(?:[ \t]*(?:#.*)?\r?\n)*[ \t]*(?:export[ \t]+)?[A-Za-z_]\w*=/

/**
 * The variables of `environment_file` and `--environment-file`; later files win. A file is YAML with a mapping
 * `environment`, as faas-cli reads it, or lines `NAME=VALUE`. Throws `CliError`.
 */
export async function environmentOf(
  session: Session,
  paths: readonly string[],
): Promise<Readonly<Record<string, string>>> {
  const all: Record<string, string> = {}
  for (const path of paths) {
    const text = await readFile(resolve(session.cwd, path), 'utf8').catch((cause: unknown) => {
      throw new CliError(`environment file ${path} cannot be read: ${(cause as Error).message}`, {
        cause,
        hint: 'Its path is relative to the working directory, not to the stack file.',
      })
    })
    Object.assign(all, FIRST_LINE.test(text) ? ofLines(text, path) : ofYaml(text, path))
  }
  return all
}

function ofYaml(text: string, path: string): Readonly<Record<string, string>> {
  const tree = new YamlTree(text, path)
  const environment = tree.entries(tree.root, 'an environment file').find(({ key }) => key === 'environment')
  const variables = tree.textMap(environment?.value)
  tree.check()
  return variables
}

function ofLines(text: string, path: string): Readonly<Record<string, string>> {
  const variables: Record<string, string> = {}
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(?:#|$)/.test(line)) continue
    const [, name, value = ''] = /^\s*(?:export\s+)?([A-Za-z_][\w.-]*)\s*=\s*(.*?)\s*$/.exec(line) ?? []
    if (name === undefined) throw new CliError(`${path}:${at + 1}: "${line.trim()}" is not NAME=VALUE`)
    variables[name] = valueOf(value)
  }
  return variables
}

/** In double quotes `\n` is the end of a line; in single ones everything is itself; bare, a comment may follow. */
function valueOf(text: string): string {
  const [, double] = /^"((?:[^"\\]|\\.)*)"\s*(?:#.*)?$/.exec(text) ?? []
  if (double !== undefined)
    return double.replace(/\\(.)/g, (_, letter: string) => (letter === 'n' ? '\n' : letter))
  const [, single] = /^'([^']*)'\s*(?:#.*)?$/.exec(text) ?? []
  return single ?? text.replace(/\s+#.*$/, '')
}
