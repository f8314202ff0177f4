import type { Random } from '../integration/random.ts'
import { badBody, type Known } from './bad-bodies.ts'
import type { Listener, Operation } from './description.ts'

// Requests as bytes, for every operation of a description, that a server must refuse, or may answer but must not be harmed by.

export interface BadRequest {
  readonly method: string
  readonly target: string
  readonly listener: Listener
  readonly bytes: Buffer
  /** It changes things, or calls a function, when it is well made: any answer below 400 is wrong. */
  readonly mustFail: boolean
  /** The connection may be closed without an answer: the request never came to its end. */
  readonly isCutShort: boolean
}

/** A request while it is being made. */
interface Draft {
  method: string
  target: string
  version: string
  readonly headers: [name: string, value: string][]
  body: Buffer | null
  /** How the body is sent; a length unless said otherwise. */
  framing: 'length' | 'chunked' | 'as it is'
  isCutShort: boolean
}

const READING = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])

export interface Making {
  readonly operation: Operation
  readonly random: Random
  readonly known: Known
  /** The administrator's, for the Authorization header. */
  readonly authorization: string
}

export function badRequest(making: Making): BadRequest {
  const { operation, random } = making
  const listener = random.pick([operation.listeners[0] ?? 'api', ...operation.listeners])
  const draft = begin(making)
  const isCall = operation.path.includes('function/{name}') && !operation.path.startsWith('/system/')
  const isProtected = operation.responses['401'] !== undefined
  const mustFail = isCall || (!READING.has(operation.method) && operation.requestBody !== undefined)

  const form = random.below(10)
  if (form === 0) unreadable(draft, random)
  else if (form === 1 && isProtected) withoutCredentials(draft, random)
  else if (form === 2 && operation.requestBody !== undefined && random.below(4) === 0)
    halfOf(draft, '99999999')
  else if (operation.requestBody !== undefined)
    withBody(draft, badBody(operation, random, making.known), random)
  else if (random.below(4) === 0) withBody(draft, Buffer.from(random.text(2_000)), random)
  harmless(draft, random)
  const { method, target, isCutShort } = draft
  return { method, target, listener, bytes: bytesOf(draft), mustFail, isCutShort }
}

function begin({ operation, random, known, authorization }: Making): Draft {
  return {
    method: operation.method,
    target: targetOf(operation, random, known),
    version: 'HTTP/1.1',
    headers: [
      ['Host', 'localhost'],
      ['Connection', 'close'],
      ['Authorization', authorization],
    ],
    body: null,
    framing: 'length',
    isCutShort: false,
  }
}

/** The parameters of a path that changes something name what exists, so that only the fault stands in the way; others are anything. */
function targetOf({ path, method, parameters }: Operation, random: Random, known: Known): string {
  const isCall = !path.startsWith('/system/')
  const existing = path.startsWith('/system/namespace') ? known.namespace : known.fn
  const junk = (): string =>
    random.pick([
      escape(random.text(30)),
      'nobody',
      `${known.fn}.nowhere`,
      '%00',
      '%C3%A9',
      '%ff',
      '%zz',
      'a'.repeat(300),
      'b'.repeat(20_000),
      '.',
      '..',
      '__proto__',
      'constructor',
      '\u00e9',
    ])
  const name = (): string =>
    !isCall && (!READING.has(method) || random.below(2) === 0) ? existing : junk() || '-'
  const filled = path.replaceAll(/\{(\w+)\}/g, (_all, key: string) =>
    key === 'name' ? name() : junk() || '-',
  )

  const query = parameters.filter((each) => each.in === 'query' && each.name !== 'follow')
  const pairs = query.flatMap(({ name: key }) => {
    const times = random.below(6) === 0 ? 2 : random.below(2)
    return Array.from(
      { length: times },
      () => `${key}=${key === 'name' && random.below(2) === 0 ? known.fn : junk()}`,
    )
  })
  if (random.below(6) === 0)
    pairs.push(random.pick(['&&', '=', '%', '%zz=%', '?', `q=${'y'.repeat(5_000)}`, '__proto__=1']))
  return pairs.length === 0 ? filled : `${filled}?${pairs.join('&')}`
}

function escape(text: string): string {
  return encodeURIComponent(text.replaceAll(/\p{Surrogate}/gu, ''))
}

function withoutCredentials({ headers }: Draft, random: Random): void {
  const at = headers.findIndex(([name]) => name === 'Authorization')
  headers.splice(at, 1)
  const others = ['', 'Bearer ', 'Bearer abc', 'Basic', 'Basic ???', 'Basic ' + 'A'.repeat(9_001), 'Digest x']
  if (random.below(3) > 0) headers.push(['Authorization', random.pick(['', ...others])])
}

function withBody(draft: Draft, body: Buffer, random: Random): void {
  draft.body = body
  draft.framing = random.below(3) === 0 ? 'chunked' : 'length'
}

/** What no route gets to see. */
function unreadable(draft: Draft, random: Random): void {
  const { headers } = draft
  const add =
    (name: string, value: string): (() => void) =>
    () =>
      headers.push([name, value])
  const raw =
    (head: readonly (readonly [string, string])[], body: string): (() => void) =>
    () => {
      headers.push(...head.map(([name, value]): [string, string] => [name, value]))
      draft.body = Buffer.from(body, 'latin1')
      draft.framing = 'as it is'
    }
  const chunked = [['Transfer-Encoding', 'chunked']] as const
  const forms: readonly (() => unknown)[] = [
    ...['Bad Name', 'X(y)', '', 'X\x01', 'X\xe9', 'X\t', 'X{}'].map((name) => add(name, '1')),
    add('X', 'a\0b'),
    add('Host', 'y'),
    add('Host', 'a b'),
    ...['gzip', '', 'chunked, chunked', 'identity'].map((coding) => add('Transfer-Encoding', coding)),
    ...['-1', '1e3', '0x10', '99999999999999999999', '1, 2', 'x'].map((length) =>
      add('Content-Length', length),
    ),
    raw([['Content-Length', '4'], ...chunked], '0\r\n\r\n'),
    ...[
      'zz\r\n',
      '-1\r\nx\r\n',
      'fffffffffffffffff\r\n',
      '2\r\nabc\r\n',
      `1;${'x'.repeat(20_000)}\r\na\r\n`,
    ].map((body) => raw(chunked, body)),
    () => (draft.target += ' x'),
    () => (draft.target += '\0'),
    () => (draft.version = random.pick(['HTTP/2.0', 'HTTP/9', 'HTTP', 'ICY'])),
    () => headers.splice(0, 1),
    () => headers.push(...Array.from({ length: 1_001 }, (): [string, string] => ['X', '1'])),
    () => (draft.method = random.pick(['get', 'G@T', 'BREW', 'CONNEC'])),
    () => halfOf(draft, random.pick(['1000', '99999999'])),
  ]
  forms[random.below(forms.length)]?.()
  if (random.below(100) === 0) headers.push(['X-Big', 'x'.repeat(1_200_000)])
}

/** The beginning of a body of `length` bytes. Of the larger ones the API says at once that it is too much. */
function halfOf(draft: Draft, length: string): void {
  draft.headers.push(['Content-Length', length])
  draft.body = Buffer.from('{"half":')
  draft.framing = 'as it is'
  draft.isCutShort = true
}

/** What changes nothing about the answer. */
function harmless({ headers }: Draft, random: Random): void {
  const types = [
    'application/json',
    'text/plain',
    'no/such',
    '',
    'application/x-www-form-urlencoded',
    'a'.repeat(3_000),
  ]
  if (random.below(2) === 0) headers.push(['Content-Type', random.pick(['multipart/form-data', ...types])])
  if (random.below(8) === 0) headers.push(['Expect', '100-continue'])
  if (random.below(8) === 0)
    headers.push(['Upgrade', random.pick(['h2c', 'websocket', 'x'])], ['Connection', 'Upgrade'])
  if (random.below(8) === 0) headers.push(['X-Call-Id', random.pick(['', 'x'.repeat(4_000), '\xe9'])])
  if (random.below(8) === 0) headers.push(['X-Forwarded-For', 'x'.repeat(1_000)])
}

function bytesOf({ method, target, version, headers, body, framing }: Draft): Buffer {
  const lines = [...headers]
  const content = body ?? Buffer.alloc(0)
  if (framing === 'chunked') lines.push(['Transfer-Encoding', 'chunked'])
  else if (framing === 'length' && body !== null) lines.push(['Content-Length', String(content.length)])
  const head = [
    `${method} ${target} ${version}`,
    ...lines.map(([name, value]) => `${name}: ${value}`),
    '',
    '',
  ].join('\r\n')
  return Buffer.concat([Buffer.from(head, 'latin1'), framing === 'chunked' ? inChunks(content) : content])
}

/** In two chunks, the second of which may cut a character. */
function inChunks(body: Buffer): Buffer {
  const half = Math.ceil(body.length / 2)
  const chunks = [body.subarray(0, half), body.subarray(half)].filter((part) => part.length > 0)
  const written = chunks.flatMap((part) => [
    Buffer.from(`${part.length.toString(16)}\r\n`),
    part,
    Buffer.from('\r\n'),
  ])
  return Buffer.concat([...written, Buffer.from('0\r\n\r\n')])
}
