import { access, constants, stat, statfs } from 'node:fs/promises'
import type { FolderFacts } from '../facts.ts'

/** A folder and the disk it is on. Never rejects. */
export async function folderFacts(path: string): Promise<FolderFacts> {
  const [found, disk, isWritable] = await Promise.all([
    stat(path).catch(() => null),
    statfs(path).catch(() => null),
    access(path, constants.W_OK).then(
      () => true,
      () => false,
    ),
  ])
  const { bavail = 0, bsize = 0, blocks = 0, type = 0, ffree = 0, files = 0 } = disk ?? {}
  return {
    path,
    uid: found?.uid ?? null,
    mode: found?.mode ?? 0,
    fileSystem: type,
    freeBytes: bavail * bsize,
    totalBytes: blocks * bsize,
    freeInodes: ffree,
    totalInodes: files,
    isWritable,
  }
}
