import { createReadStream } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { tarEnd, tarHead, tarPadding } from '../../core/tar.ts'

/** A folder, below `prefix`, and then files that are texts, as one archive. The same content is the same archive. */
export async function* tarOf(
  folder: string,
  prefix: string,
  texts: Readonly<Record<string, string>>,
): AsyncIterable<Uint8Array> {
  yield tarHead({ path: prefix, kind: 'folder', mode: 0o755, bytes: 0, target: '' })
  yield* entriesIn(folder, prefix)
  for (const [path, text] of Object.entries(texts)) {
    const bytes = Buffer.from(text)
    yield tarHead({ path, kind: 'file', mode: 0o600, bytes: bytes.length, target: '' })
    yield bytes
    yield new Uint8Array(tarPadding(bytes.length))
  }
  yield tarEnd()
}

async function* entriesIn(folder: string, prefix: string): AsyncIterable<Uint8Array> {
  const names = await readdir(folder)
  for (const name of names.toSorted()) {
    const [from, path] = [join(folder, name), `${prefix}/${name}`]
    const { mode, size, ...found } = await statOf(from)
    if (found.isFolder) {
      yield tarHead({ path, kind: 'folder', mode, bytes: 0, target: '' })
      yield* entriesIn(from, path)
    } else {
      yield tarHead({ path, kind: 'file', mode, bytes: size, target: '' })
      // No more than was said, should the file grow.
      if (size > 0) yield* createReadStream(from, { end: size - 1 }) as AsyncIterable<Uint8Array>
      yield new Uint8Array(tarPadding(size))
    }
  }
}

async function statOf(path: string) {
  const found = await stat(path)
  return { mode: found.mode & 0o777, size: found.size, isFolder: found.isDirectory() }
}
