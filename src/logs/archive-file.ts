import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { basename } from 'node:path'
import type { LogLine } from '../core/provider/log-line.ts'
import { shortId } from '../core/short-id.ts'

/**
 * The file of one replica that is gone: a head line with the first and last time and the number of lines,
 * then `[timestamp, text]` in JSON, one a line.
 */

export const ARCHIVE_ENDING = '.ndjson'
export const MOST_REPLICA_BYTES = 1024 * 1024
const VERSION = 1
const HEAD_BYTES = 256
const LINE_END = 0x0a

export interface ArchivedLog {
  readonly file: string
  /** The replica's whole id. */
  readonly id: string
  readonly from: string
  readonly to: string
  readonly lines: number
}

/** The newest lines of one log that fit a file. */
export class NewestLines {
  readonly #mostBytes: number
  readonly #kept: { readonly timestamp: string; readonly row: Buffer }[] = []
  #bytes = HEAD_BYTES

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes
  }

  get count(): number {
    return this.#kept.length
  }

  push(lines: readonly LogLine[]): void {
    for (const { timestamp, text } of lines) {
      const row = Buffer.from(`${JSON.stringify([timestamp, text])}\n`)
      this.#kept.push({ timestamp, row })
      this.#bytes += row.length
    }
    let out = 0
    for (; this.#bytes > this.#mostBytes && out < this.#kept.length; out += 1)
      this.#bytes -= this.#kept[out]?.row.length ?? 0
    this.#kept.splice(0, out)
  }

  /** Texts of the newest lines, at most `most` of them, in their order. */
  newest(most: number): readonly string[] {
    return this.#kept.slice(-most).map(({ row }) => (JSON.parse(row.toString()) as [string, string])[1])
  }

  /** The content of the file; null when there is no line. */
  encode(): Buffer | null {
    if (this.#kept.length === 0) return null
    const times = this.#kept.map(({ timestamp }) => timestamp)
    const from = times.reduce((a, b) => (a < b ? a : b))
    const to = times.reduce((a, b) => (a > b ? a : b))
    const head = `${JSON.stringify({ version: VERSION, from, to, lines: times.length })}\n`
    return Buffer.concat([Buffer.from(head), ...this.#kept.map(({ row }) => row)])
  }
}

/** What the head of a file says; null when it cannot be read or is not ours. */
export async function readArchiveHead(file: string): Promise<ArchivedLog | null> {
  try {
    const handle = await open(file, 'r')
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0)
      const [head = ''] = buffer.toString('utf8', 0, bytesRead).split('\n', 1)
      return parseHead(file, JSON.parse(head))
    } finally {
      await handle.close()
    }
  } catch {
    // Swept meanwhile, or damaged: there is nothing to show either way.
    return null
  }
}

/** The lines of a file, a batch for each chunk read. */
export async function* readArchive(archived: ArchivedLog): AsyncGenerator<readonly LogLine[], void> {
  const instance = shortId(archived.id)
  let rest: Buffer = Buffer.alloc(0)
  // The head and a last row without its end parse as no row.
  for await (const chunk of createReadStream(archived.file)) {
    const bytes: Buffer = Buffer.concat([rest, chunk as Buffer])
    const end = bytes.lastIndexOf(LINE_END)
    rest = bytes.subarray(end + 1)
    const rows = bytes.toString('utf8', 0, Math.max(0, end)).split('\n')
    yield rows.map((row) => parseRow(row, instance)).filter((line) => line !== null)
  }
}

function parseHead(file: string, head: unknown): ArchivedLog | null {
  if (typeof head !== 'object' || head === null) return null
  const from: unknown = Reflect.get(head, 'from')
  const to: unknown = Reflect.get(head, 'to')
  const lines: unknown = Reflect.get(head, 'lines')
  if (Reflect.get(head, 'version') !== VERSION) return null
  if (typeof from !== 'string' || typeof to !== 'string' || typeof lines !== 'number') return null
  return { file, id: basename(file, ARCHIVE_ENDING), from, to, lines }
}

/** A damaged row is left out. */
function parseRow(row: string, instance: string): LogLine | null {
  try {
    const parsed: unknown = JSON.parse(row)
    if (!Array.isArray(parsed)) return null
    const [timestamp, text]: readonly unknown[] = parsed
    if (typeof timestamp !== 'string' || typeof text !== 'string') return null
    return { timestamp, instance, text }
  } catch {
    return null
  }
}
