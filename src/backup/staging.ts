import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { tarEnd, tarHead, tarPadding } from '../core/tar.ts'
import type { BackupFile } from './manifest.ts'

/** Every file below a folder with its size and sum, sorted by path. */
export async function filesIn(folder: string): Promise<BackupFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1))
    .toSorted()
  const files: BackupFile[] = []
  for (const path of paths) {
    const { size } = await stat(join(folder, path))
    files.push({ path, bytes: size, sha256: await sumOf(join(folder, path)) })
  }
  return files
}

async function sumOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

/** A file of an archive: bytes, or those of a file of this length. */
export interface ArchivePart {
  readonly path: string
  readonly bytes: number
  readonly content: AsyncIterable<Uint8Array> | readonly Uint8Array[]
}

/** Bytes that `archiveOf` writes for files with short names. */
export function archiveBytes(parts: readonly Pick<ArchivePart, 'path' | 'bytes'>[]): number {
  const each = parts.map(({ path, bytes }) => headOf(path, bytes).length + bytes + tarPadding(bytes))
  return each.reduce((sum, one) => sum + one, tarEnd().length)
}

/** A tar archive, piece by piece. Throws when a file has not the length that was said. */
export async function* archiveOf(parts: readonly ArchivePart[]): AsyncIterable<Uint8Array> {
  for (const { path, bytes, content } of parts) {
    yield headOf(path, bytes)
    let seen = 0
    for await (const chunk of content) {
      seen += chunk.length
      yield chunk
    }
    if (seen !== bytes) throw new Error(`${path} has ${seen} bytes instead of ${bytes}`)
    if (tarPadding(bytes) > 0) yield new Uint8Array(tarPadding(bytes))
  }
  yield tarEnd()
}

function headOf(path: string, bytes: number): Uint8Array {
  return tarHead({ path, bytes, kind: 'file', mode: 0o600, target: '' })
}
