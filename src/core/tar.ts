// The heads of tar archives: POSIX.1-2001 (`pax`) as Go and GNU tar write them, as bytes and without any input or output.

export const TAR_BLOCK = 512

/** What an entry is. Others (devices, pipes) have their letter. */
export type TarKind = 'file' | 'folder' | 'symlink' | 'hardlink'

/** An entry as this program writes it. */
export interface TarEntry {
  /** Separated by `/`, relative. */
  readonly path: string
  readonly kind: TarKind
  readonly mode: number
  /** Of a file; 0 for anything else. */
  readonly bytes: number
  /** Where a link leads; empty for anything else. */
  readonly target: string
  /** When it was changed, seconds since the epoch. Absent: 0. */
  readonly seconds?: number
}

/** A head as it stands in an archive, before `pax` records and long names are taken into account. */
export interface TarHead {
  readonly path: string
  readonly target: string
  readonly mode: number
  readonly bytes: number
  /** The letter of its type. */
  readonly type: string
  readonly seconds?: number
}

const TYPES: Readonly<Record<TarKind, string>> = { file: '0', folder: '5', symlink: '2', hardlink: '1' }
const NAME_BYTES = 100
/** Where the fields are: first byte and length. */
const FIELDS = {
  name: [0, 100],
  mode: [100, 8],
  uid: [108, 8],
  gid: [116, 8],
  size: [124, 12],
  time: [136, 12],
  sum: [148, 8],
  type: [156, 1],
  target: [157, 100],
  magic: [257, 8],
  prefix: [345, 155],
} as const

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** The blocks before an entry's content. No owners, and no time unless it is given: the same files are the same archive. */
export function tarHead(entry: TarEntry): Uint8Array {
  const path = entry.kind === 'folder' ? `${entry.path}/` : entry.path
  const records = [
    ...(isLong(path) ? [paxRecord('path', path)] : []),
    ...(isLong(entry.target) ? [paxRecord('linkpath', entry.target)] : []),
    ...(entry.bytes >= 8 ** 11 ? [paxRecord('size', String(entry.bytes))] : []),
  ]
  const own = block({ ...entry, path, type: TYPES[entry.kind] })
  if (records.length === 0) return own
  const text = encoder.encode(records.join(''))
  const pax = block({ path: 'pax', target: '', mode: 0o644, bytes: text.length, type: 'x' })
  return joined([pax, text, new Uint8Array(tarPadding(text.length)), own])
}

/** Bytes after a content of this length, up to the next block. */
export function tarPadding(bytes: number): number {
  return (TAR_BLOCK - (bytes % TAR_BLOCK)) % TAR_BLOCK
}

/** What ends an archive. */
export function tarEnd(): Uint8Array {
  return new Uint8Array(2 * TAR_BLOCK)
}

/** Null: the block is all zeros, which ends the archive. Throws an `Error` for what is no head. */
export function readTarHead(bytes: Uint8Array): TarHead | null {
  if (bytes.every((byte) => byte === 0)) return null
  if (numberAt(bytes, 'sum') !== sumOf(bytes)) throw new Error('a head has a wrong checksum')
  const isPosix = textAt(bytes, 'magic').startsWith('ustar')
  const prefix = isPosix && bytes[FIELDS.magic[0] + 5] === 0 ? textAt(bytes, 'prefix') : ''
  const name = textAt(bytes, 'name')
  return {
    path: prefix === '' ? name : `${prefix}/${name}`,
    target: textAt(bytes, 'target'),
    mode: numberAt(bytes, 'mode') & 0o7777,
    bytes: numberAt(bytes, 'size'),
    type: textAt(bytes, 'type') || '0',
  }
}

/** The records of a `pax` head. Throws an `Error` for what are none. */
export function readPaxRecords(bytes: Uint8Array): ReadonlyMap<string, string> {
  const records = new Map<string, string>()
  for (let at = 0; at < bytes.length;) {
    const [, digits = '', rest = ''] =
      /^(\d{1,9}) ([^]*)/.exec(decoder.decode(bytes.subarray(at, at + 512))) ?? []
    const length = Number(digits)
    if (length <= digits.length + 1 || at + length > bytes.length || !rest.includes('='))
      throw new Error('a pax head cannot be read')
    const record = decoder.decode(bytes.subarray(at + digits.length + 1, at + length - 1))
    const equals = record.indexOf('=')
    records.set(record.slice(0, equals), record.slice(equals + 1))
    at += length
  }
  return records
}

function block({ path, target, mode, bytes, type, seconds = 0 }: TarHead): Uint8Array {
  const out = new Uint8Array(TAR_BLOCK)
  put(out, 'name', clipped(path))
  put(out, 'mode', octal(mode, 7))
  put(out, 'uid', octal(0, 7))
  put(out, 'gid', octal(0, 7))
  put(out, 'size', octal(bytes < 8 ** 11 ? bytes : 0, 11))
  put(out, 'time', octal(seconds, 11))
  put(out, 'type', encoder.encode(type))
  put(out, 'target', clipped(target))
  put(out, 'magic', encoder.encode('ustar\u000000'))
  put(out, 'sum', encoder.encode(`${sumOf(out).toString(8).padStart(6, '0')}\0 `))
  return out
}

function put(block: Uint8Array, field: keyof typeof FIELDS, bytes: Uint8Array): void {
  const [at, length] = FIELDS[field]
  block.set(bytes.subarray(0, length), at)
}

function octal(value: number, digits: number): Uint8Array {
  return encoder.encode(value.toString(8).padStart(digits, '0'))
}

function clipped(text: string): Uint8Array {
  return encoder.encode(text).subarray(0, NAME_BYTES)
}

function isLong(text: string): boolean {
  return encoder.encode(text).length > NAME_BYTES || !/^[\x20-\x7e]*$/.test(text)
}

function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`
  const bytes = encoder.encode(rest).length
  let length = bytes
  while (length !== bytes + String(length).length) length = bytes + String(length).length
  return `${length}${rest}`
}

function textAt(block: Uint8Array, field: keyof typeof FIELDS): string {
  const [at, length] = FIELDS[field]
  const bytes = block.subarray(at, at + length)
  const end = bytes.indexOf(0)
  return decoder.decode(end < 0 ? bytes : bytes.subarray(0, end))
}

function numberAt(block: Uint8Array, field: keyof typeof FIELDS): number {
  const [at, length] = FIELDS[field]
  const bytes = block.subarray(at, at + length)
  // GNU's way to write a number that has too many digits.
  if (((bytes[0] ?? 0) & 0x80) !== 0) {
    let value = (bytes[0] ?? 0) & 0x7f
    for (const byte of bytes.subarray(1)) value = value * 256 + byte
    return checked(value)
  }
  const text = textAt(block, field).trim()
  if (!/^[0-7]*$/.test(text)) throw new Error('a number in a head cannot be read')
  return checked(text === '' ? 0 : Number.parseInt(text, 8))
}

function checked(value: number): number {
  if (!Number.isSafeInteger(value)) throw new Error('a number in a head is too large')
  return value
}

/** Of all bytes, with blanks in place of the sum itself. */
function sumOf(block: Uint8Array): number {
  const [from, length] = FIELDS.sum
  let sum = 0
  block.forEach((byte, at) => (sum += at >= from && at < from + length ? 0x20 : byte))
  return sum
}

/** One after the other. */
export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}
