import { FaasError } from '../../core/errors.ts'
import type { ChangedFile, FileChanges } from '../../core/provider/file-changes.ts'
import { quoted } from '../../core/quoted.ts'
import { entriesOf } from '../../core/tar-entries.ts'
import { joined } from '../../core/tar.ts'

/** What is removed, in an archive that is otherwise what is written: as layers of images say it (OCI image spec). */
const WHITEOUT = '.wh.'

const MOST_FILES = 2_000
/** The engine is asked for each of them. */
const MOST_REMOVED = 100

/**
 * Files of a tar archive; an empty file `.wh.NAME` removes NAME. Throws `invalid` for a path that leads out, for
 * a link, and for what is no archive; `too-large` for more files than one change may have.
 */
export async function fileChangesIn(archive: Uint8Array): Promise<FileChanges> {
  const files: ChangedFile[] = []
  const removed: string[] = []
  for await (const { path, kind, mode, content } of entriesOf(piecesOf(archive))) {
    if (kind !== 'file' && kind !== 'folder')
      throw new FaasError('invalid', `body: ${quoted(path)} is a link: send what it leads to`)
    const pieces: Uint8Array[] = []
    for await (const piece of content) pieces.push(piece)
    const gone = goneIn(path)
    if (gone === null) files.push({ path, kind, mode, content: joined(pieces) })
    else removed.push(gone)
    checkCount(files.length, MOST_FILES, 'files')
    checkCount(removed.length, MOST_REMOVED, 'removed paths')
  }
  if (files.length === 0 && removed.length === 0)
    throw new FaasError('invalid', 'body: the archive is empty, so there is nothing to change')
  return { files, removed }
}

function goneIn(path: string): string | null {
  const at = path.lastIndexOf('/') + 1
  const name = path.slice(at)
  if (!name.startsWith(WHITEOUT)) return null
  const gone = name.slice(WHITEOUT.length)
  // Opaque folders, and whatever a later version of that convention brings.
  if (gone === '' || gone === '.' || gone === '..' || gone.startsWith(WHITEOUT))
    throw new FaasError('invalid', `body: ${quoted(path)} does not say what is to be removed`)
  return path.slice(0, at) + gone
}

function checkCount(count: number, most: number, what: string): void {
  if (count > most)
    throw new FaasError(
      'too-large',
      `body: has more than ${most} ${what}, the most that one change may have, a fixed limit; build it anew`,
    )
}

async function* piecesOf(archive: Uint8Array): AsyncIterable<Uint8Array> {
  if (archive.length > 0) yield archive
}
