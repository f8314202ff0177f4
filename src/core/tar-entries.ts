import { FaasError, messageOf } from './errors.ts'
import { quoted } from './quoted.ts'
import {
  joined,
  readPaxRecords,
  readTarHead,
  TAR_BLOCK,
  tarPadding,
  type TarEntry,
  type TarHead,
  type TarKind,
} from './tar.ts'

/** An entry and what is in it, which must be read before the next one is asked for. */
export interface UploadEntry extends TarEntry {
  readonly content: AsyncIterable<Uint8Array>
}

const KINDS: Readonly<Record<string, TarKind>> = {
  '0': 'file',
  '7': 'file',
  '5': 'folder',
  '2': 'symlink',
  '1': 'hardlink',
}
const LONGEST_PATH = 4_096
/** Of the records before an entry. */
const RECORD_BYTES = 64 * 1024

/**
 * The entries of an archive that somebody else wrote. Paths are relative, without `.` and `..`. Throws `invalid` for
 * one with a path that leads out, with something that is no file, folder or link, or that is cut off.
 */
export async function* entriesOf(archive: AsyncIterable<Uint8Array>): AsyncIterable<UploadEntry> {
  const reader = new Blocks(archive)
  let said: ReadonlyMap<string, string> = new Map()
  for (;;) {
    const head = headIn(await reader.take(TAR_BLOCK))
    if (head === null) return
    const records = await recordsIn(head, reader)
    if (records !== null) {
      said = new Map([...said, ...records])
      continue
    }
    const entry = entryOf(head, said)
    said = new Map()
    let isRead = false
    const content = async function* (): AsyncIterable<Uint8Array> {
      if (isRead) return
      isRead = true
      yield* reader.pieces(entry.bytes)
      await reader.take(tarPadding(entry.bytes))
    }
    yield { ...entry, content: content() }
    if (!isRead) for await (const _ of content()) continue
  }
}

/** What a head says of the entry after it; null: it is that entry. */
async function recordsIn(head: TarHead, reader: Blocks): Promise<ReadonlyMap<string, string> | null> {
  if (!/^[xgLK]$/.test(head.type)) return null
  if (head.bytes > RECORD_BYTES) throw invalid('a name in it is too long')
  const bytes = await reader.take(head.bytes)
  await reader.take(tarPadding(head.bytes))
  const text = (): string => new TextDecoder().decode(bytes).replace(/\0.*$/s, '')
  if (head.type === 'L') return new Map([['path', text()]])
  if (head.type === 'K') return new Map([['linkpath', text()]])
  // Global ones are comments in all archives that are known.
  if (head.type === 'g') return new Map()
  try {
    return readPaxRecords(bytes)
  } catch (error) {
    throw invalid(messageOf(error))
  }
}

function entryOf(head: TarHead, said: ReadonlyMap<string, string>): TarEntry {
  const kind = KINDS[head.type]
  const name = said.get('path') ?? head.path
  if (kind === undefined) throw invalid(`${quoted(name)} is no file, folder or link`)
  const size = said.get('size')
  if (size !== undefined && !/^\d{1,15}$/.test(size)) throw invalid('a size in it cannot be read')
  const bytes = kind === 'file' ? Number(size ?? head.bytes) : 0
  const target = said.get('linkpath') ?? head.target
  return {
    path: safePath(name),
    kind,
    mode: head.mode & 0o777,
    bytes,
    target: kind === 'hardlink' ? safePath(target) : kind === 'symlink' ? target : '',
  }
}

function safePath(path: string): string {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.')
  const isBad = path.startsWith('/') || parts.includes('..') || path.includes('\0') || parts.length === 0
  if (isBad || path.length > LONGEST_PATH) throw invalid(`${quoted(path)} is no path in it`)
  return parts.join('/')
}

function headIn(block: Uint8Array): TarHead | null {
  try {
    return readTarHead(block)
  } catch (error) {
    throw invalid(messageOf(error))
  }
}

function invalid(what: string): FaasError {
  return new FaasError('invalid', `body: the archive is not taken: ${what}`)
}

/** Bytes by number, of pieces of any length. */
class Blocks {
  readonly #source: AsyncIterator<Uint8Array>
  #rest: Uint8Array = new Uint8Array()

  constructor(archive: AsyncIterable<Uint8Array>) {
    this.#source = archive[Symbol.asyncIterator]()
  }

  async take(bytes: number): Promise<Uint8Array> {
    const pieces: Uint8Array[] = []
    for await (const piece of this.pieces(bytes)) pieces.push(piece)
    return pieces.length === 1 ? (pieces[0] ?? new Uint8Array()) : joined(pieces)
  }

  async *pieces(bytes: number): AsyncIterable<Uint8Array> {
    let left = bytes
    while (left > 0) {
      if (this.#rest.length === 0) {
        const { done, value } = await this.#source.next()
        if (done === true) throw invalid('it is cut off')
        this.#rest = value
        continue
      }
      const piece = this.#rest.subarray(0, left)
      this.#rest = this.#rest.subarray(piece.length)
      left -= piece.length
      yield piece
    }
  }
}
