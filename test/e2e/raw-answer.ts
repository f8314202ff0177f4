// A client that shows the answer as it came: it changes no byte of a header, joins no lines and decodes nothing but chunks.

import { connect, type Socket } from 'node:net'

/** Names and values in the order of their lines, with a character per byte. */
export type Fields = readonly (readonly [name: string, value: string])[]

export interface RawAnswer {
  readonly version: string
  readonly status: number
  readonly reason: string
  readonly fields: Fields
  /** Without the framing of chunks. */
  readonly body: Buffer
  readonly trailers: Fields
}

export interface Asked {
  readonly method?: string
  readonly target: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Buffer
  /** The server itself sends more than its answer, which the caller must not get. */
  readonly isTooMuch?: boolean
}

export interface Address {
  readonly host: string
  readonly port: number
}

const PATIENCE_MS = 20_000

/**
 * The answer to one request, on a connection of its own. Rejects when the server ends it too early, or says more than one answer. `host`: what
 * is asked for in the `Host` header.
 */
export function ask(
  address: Address,
  host: string,
  { method = 'GET', target, headers, body, isTooMuch = false }: Asked,
): Promise<RawAnswer> {
  const length = body === undefined ? {} : { 'Content-Length': String(body.length) }
  const lines = Object.entries({ Host: host, Connection: 'close', ...headers, ...length })
  const head = [`${method} ${target} HTTP/1.1`, ...lines.map(([name, value]) => `${name}: ${value}`)]
  const socket = connect(address)
  socket.write(`${head.join('\r\n')}\r\n\r\n`, 'latin1')
  if (body !== undefined) socket.write(body)
  return readAnswer(socket, { method, isTooMuch })
}

interface Reading {
  readonly method: string
  readonly isTooMuch: boolean
}

function readAnswer(socket: Socket, reading: Reading): Promise<RawAnswer> {
  return new Promise<RawAnswer>((done, broke) => {
    const pieces: Buffer[] = []
    const look = (isEnd: boolean): void => {
      const read = parse(Buffer.concat(pieces), reading, isEnd)
      // Whoever says that it closes may still say something first.
      if (read !== null && (isEnd || valueOf(read.fields, 'connection') !== 'close')) done(read)
      else if (isEnd)
        broke(new Error(`the answer ends too early: ${Buffer.concat(pieces).toString('latin1')}`))
    }
    socket.setTimeout(PATIENCE_MS, () => broke(new Error(`nothing came for ${PATIENCE_MS} ms`)))
    socket.on('error', broke)
    const guarded = (isEnd: boolean): void => {
      try {
        look(isEnd)
      } catch (error) {
        broke(error)
      }
    }
    socket.on('data', (piece) => {
      pieces.push(piece)
      guarded(false)
    })
    socket.on('end', () => guarded(true))
  }).finally(() => socket.destroy())
}

/** Null while it is not complete. Throws for what is no answer, or more than one. */
function parse(bytes: Buffer, { method, isTooMuch }: Reading, isEnd: boolean): RawAnswer | null {
  const found = /\r?\n\r?\n/.exec(bytes.toString('latin1', 0, 256 * 1024))
  if (found === null) return null
  const [first = '', ...lines] = bytes.toString('latin1', 0, found.index).split(/\r?\n/)
  const [, version = '', status = '', reason = ''] = /^HTTP\/(1\.[01]) (\d{3}) ?(.*)$/.exec(first) ?? []
  if (version === '') throw new Error(`no status line: ${first}`)
  const fields = lines.map(fieldOf)
  const rest = bytes.subarray(found.index + found[0].length)
  const hasBody = method !== 'HEAD' && status !== '204' && status !== '304'
  const content = hasBody ? bodyOf(rest, fields, isEnd) : { body: Buffer.alloc(0), trailers: [], end: 0 }
  if (content === null) return null
  if (rest.length > content.end && !isTooMuch)
    throw new Error(`more than an answer: ${rest.toString('latin1', content.end, content.end + 200)}`)
  return { version, status: Number(status), reason, fields, body: content.body, trailers: content.trailers }
}

/** Blanks and tabs around a value belong to the line, other white space to the value. */
function fieldOf(line: string): readonly [string, string] {
  const at = line.indexOf(':')
  if (at <= 0) throw new Error(`no header line: ${line}`)
  return [line.slice(0, at), line.slice(at + 1).replace(/^[ \t]+|[ \t]+$/g, '')]
}

interface Content {
  readonly body: Buffer
  readonly trailers: Fields
  /** Where it ends. */
  readonly end: number
}

/** The first value of a header, whatever the spelling of its name. */
export function valueOf(fields: Fields, name: string): string | null {
  return fields.find(([given]) => given.toLowerCase() === name.toLowerCase())?.[1] ?? null
}

function bodyOf(rest: Buffer, fields: Fields, isEnd: boolean): Content | null {
  if (valueOf(fields, 'transfer-encoding')?.toLowerCase() === 'chunked') return chunksOf(rest)
  const length = valueOf(fields, 'content-length')
  if (length === null) return isEnd ? { body: rest, trailers: [], end: rest.length } : null
  const end = Number(length)
  return rest.length < end ? null : { body: rest.subarray(0, end), trailers: [], end }
}

function chunksOf(rest: Buffer): Content | null {
  const pieces: Buffer[] = []
  let at = 0
  for (;;) {
    const lineEnd = rest.indexOf('\r\n', at)
    if (lineEnd < 0) return null
    const size = parseInt(rest.toString('latin1', at, lineEnd), 16)
    at = lineEnd + 2
    if (size === 0) break
    if (rest.length < at + size + 2) return null
    pieces.push(rest.subarray(at, at + size))
    at += size + 2
  }
  const trailers: (readonly [string, string])[] = []
  for (;;) {
    const lineEnd = rest.indexOf('\r\n', at)
    if (lineEnd < 0) return null
    const line = rest.toString('latin1', at, lineEnd)
    at = lineEnd + 2
    if (line === '') return { body: Buffer.concat(pieces), trailers, end: at }
    trailers.push(fieldOf(line))
  }
}
