import { createHash } from 'node:crypto'
import { existsSync, type Stats } from 'node:fs'
import { readdir, readFile, realpath, stat } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { CliError } from '../cli-error.ts'
import { type IgnoreFile, ignoreRulesIn, isIgnored } from './ignore-rules.ts'
import { isPassing } from './passing-files.ts'
import type { SeenEntry } from './tree-changes.ts'

/** With what tells at the next look that nothing changed. */
export interface FoundEntry extends SeenEntry {
  readonly stamp: string
}

export interface Looked {
  readonly tree: ReadonlyMap<string, FoundEntry>
  /** Every folder that was looked into: absolute paths. */
  readonly folders: readonly string[]
}

/** A handler with more is none. */
const MOST_ENTRIES = 20_000
/** A file that was written so shortly before may be written again within the same tick of the file system's clock. */
const TICK_MS = 100
/** No build context has these of a handler (cli.md 9.1). */
const NOT_BUILT: ReadonlySet<string> = new Set(['build', 'template'])

/**
 * What is in a folder, but for what is ignored. Links are followed, as builds follow them. What vanishes meanwhile is left out.
 * `before`: files with the same time and size are not read again. `nowMs`: the time of day. Throws `CliError` for too many.
 */
export async function lookInto(
  root: string,
  before: ReadonlyMap<string, FoundEntry>,
  nowMs: number,
): Promise<Looked> {
  const outer = await outerIgnoreFiles(root)
  const top = outer.names
  const tree = new Map<string, FoundEntry>()
  const folders: string[] = []

  const visit = async (names: readonly string[], files: readonly IgnoreFile[], above: readonly string[]) => {
    const folder = join(root, ...names)
    const real = await realpath(folder).catch(() => null)
    if (real === null || above.includes(real)) return
    folders.push(folder)
    const own = await ignoreFileIn(folder, [...top, ...names])
    const all = own === null ? files : [...files, own]
    const found = await readdir(folder).catch(() => [])
    for (const name of found) {
      const facts = await stat(join(folder, name)).catch(() => null)
      if (facts === null || !(facts.isFile() || facts.isDirectory())) continue
      const isFolder = facts.isDirectory()
      const path = [...names, name]
      if (isPassing(name, isFolder) || (names.length === 0 && NOT_BUILT.has(name))) continue
      if (isIgnored(all, [...top, ...path], isFolder)) continue
      const key = path.join('/')
      const entry = await entryOf(join(root, ...path), facts, { before: before.get(key), nowMs })
      if (entry === null) continue
      tree.set(key, entry)
      if (tree.size > MOST_ENTRIES)
        throw new CliError(`${root} has more than ${MOST_ENTRIES} files, too many to be watched`, {
          hint: 'Name what is not part of the function in a .gitignore.',
        })
      if (isFolder) await visit(path, all, [...above, real])
    }
  }
  await visit([], outer.files, [])
  // It may come back.
  return { tree, folders: folders.length === 0 ? [dirname(root)] : folders }
}

async function entryOf(
  path: string,
  facts: Stats,
  { before, nowMs }: { readonly before: FoundEntry | undefined; readonly nowMs: number },
): Promise<FoundEntry | null> {
  const mode = facts.mode & 0o777
  if (facts.isDirectory()) return { kind: 'folder', mode, digest: '', stamp: '' }
  const isSettled = nowMs - facts.mtimeMs > TICK_MS
  const stamp = isSettled ? `${facts.ino} ${facts.size} ${facts.mtimeMs}` : ''
  if (before !== undefined && before.kind === 'file' && stamp !== '' && before.stamp === stamp)
    return { ...before, mode }
  const bytes = await readFile(path).catch(() => null)
  if (bytes === null) return null
  return { kind: 'file', mode, digest: createHash('sha256').update(bytes).digest('base64'), stamp }
}

/**
 * The ignore files above a folder, up to the top of its repository; without one that of its parent folder counts, since that is
 * where `new` writes it. `names`: the folder as names from the top.
 */
async function outerIgnoreFiles(
  root: string,
): Promise<{ readonly files: readonly IgnoreFile[]; readonly names: readonly string[] }> {
  const top = repositoryOf(root) ?? dirname(root)
  const names = relative(top, root)
    .split(sep)
    .filter((name) => name !== '')
  const files: IgnoreFile[] = []
  for (let depth = 0; depth < names.length; depth += 1) {
    const at = names.slice(0, depth)
    const file = await ignoreFileIn(join(top, ...at), at)
    if (file !== null) files.push(file)
  }
  return { files, names }
}

async function ignoreFileIn(folder: string, at: readonly string[]): Promise<IgnoreFile | null> {
  const text = await readFile(join(folder, '.gitignore'), 'utf8').catch(() => null)
  return text === null ? null : { at, rules: ignoreRulesIn(text) }
}

function repositoryOf(folder: string): string | null {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return at
    if (dirname(at) === at) return null
  }
}
