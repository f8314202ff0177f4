import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { tarEnd, tarHead, tarPadding } from '../../core/tar.ts'
import type { Tree } from '../watch/tree-changes.ts'

/** Removed, in the archive (docs/decisions/0047). */
const WHITEOUT = '.wh.'

/**
 * What the container must get so that these paths are as the tree has them, whatever became of them since the image was made: files
 * and folders, or that they are gone. Pure. What is below a folder that is gone goes with it.
 */
export function changesetOf(
  touched: Iterable<string>,
  tree: Tree,
): { readonly written: readonly string[]; readonly removed: readonly string[] } {
  const paths = [...new Set(touched)].toSorted()
  return {
    written: paths.filter((path) => tree.has(path)),
    removed: paths.filter((path) => !tree.has(path) && isFolder(tree, parentOf(path))),
  }
}

/** The archive of a changeset. A file that vanishes meanwhile is left out: the next look sees that it is gone. */
export async function archiveOf(root: string, touched: Iterable<string>, tree: Tree): Promise<Uint8Array> {
  const { written, removed } = changesetOf(touched, tree)
  const parts: Uint8Array[] = []
  for (const path of written) {
    const { kind = 'file', mode = 0o644 } = tree.get(path) ?? {}
    const content = kind === 'folder' ? Buffer.alloc(0) : await readFile(join(root, path)).catch(() => null)
    if (content === null) continue
    parts.push(tarHead({ path, kind, mode, bytes: content.length, target: '' }), content)
    parts.push(new Uint8Array(tarPadding(content.length)))
  }
  for (const path of removed) {
    const parent = parentOf(path)
    const name = `${WHITEOUT}${path.slice(parent === '' ? 0 : parent.length + 1)}`
    const gone = parent === '' ? name : `${parent}/${name}`
    parts.push(tarHead({ path: gone, kind: 'file', mode: 0o644, bytes: 0, target: '' }))
  }
  return Buffer.concat([...parts, tarEnd()])
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')))
}

function isFolder(tree: Tree, path: string): boolean {
  return path === '' || tree.get(path)?.kind === 'folder'
}
