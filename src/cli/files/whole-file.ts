import { mkdir, realpath, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { writeBeside } from '../../whole-file.ts'

export interface WholeFile {
  /** Without it that of the file that is there. */
  readonly mode?: number
  /** Make its folder, for the user alone; else a missing one is an error. */
  readonly makesFolder?: boolean
}

/**
 * Writes a file beside and renames it, so that nobody ever reads half of it and a full disk leaves the old one as it was. A
 * link stays one, and what is no file, such as /dev/stdout, is written to. On disk on return.
 */
export async function writeWhole(
  path: string,
  content: string | Uint8Array,
  { mode, makesFolder = false }: WholeFile = {},
): Promise<void> {
  const target = await realpath(path).catch(() => path)
  const found = await stat(target).catch(() => null)
  if (found !== null && !found.isFile()) return writeFile(path, content)
  if (makesFolder) await mkdir(dirname(target), { recursive: true, mode: 0o700 })
  const draft = { path: `${target}.${process.pid}`, mode: (mode ?? found?.mode ?? 0o644) & 0o777 }
  await writeBeside(target, content, draft)
}
