// What may become of an answer on its way, as the documents have it: docs/security.md ("Who may set which header") and docs/watchdog.md. Written
// down here a second time, on purpose: it is what the gateway's own tables are held against.

import { STATUS_CODES } from 'node:http'
import { valueOf, type Fields, type RawAnswer } from './raw-answer.ts'

/** Belong to one connection. */
const OF_CONNECTION = ['connection', 'keep-alive', 'te', 'upgrade', 'transfer-encoding', 'proxy-connection']
/** Speak for the gateway, or for the whole origin. */
const NOT_A_FUNCTIONS = [
  'x-call-id',
  'x-start-time',
  'x-served-by',
  'x-openfaas-internal',
  'x-sampan-hops',
  'proxy',
  'proxy-authenticate',
  'proxy-authorization',
  'service-worker-allowed',
  'clear-site-data',
  'strict-transport-security',
  'alt-svc',
  'nel',
  'report-to',
  'secure-session-registration',
  'sec-session-registration',
  'use-as-dictionary',
  'set-login',
  'public-key-pins',
  'expect-ct',
]
const ADDRESSES = ['location', 'content-location', 'refresh']

/** In place of a value that is ours, or of the moment, and was looked at. */
const SEEN = '(seen)'
const OURS: readonly (readonly [name: string, form: RegExp])[] = [
  ['Date', /^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/],
  ['X-Start-Time', /^\d{19}$/],
  ['X-Served-By', /^sampan\/\d+\.\d+\.\d+\S*$/],
  ['X-Duration-Seconds', /^\d+\.\d{6}$/],
]

export interface Way {
  readonly method: string
  /** Of the replica, without a port. */
  readonly host: string
  /** `/function/NAME`. */
  readonly prefix: string
  readonly callId: string
}

/** The answer of a function as a caller of the gateway must get it. */
export function throughGateway(answer: RawAnswer, { method, host, prefix, callId }: Way): RawAnswer {
  const { status } = answer
  const dropped = new Set([...OF_CONNECTION, ...NOT_A_FUNCTIONS, 'trailer', ...named(answer.fields)])
  const fields = answer.fields
    .filter(([name]) => !dropped.has(name.toLowerCase()))
    .filter(([name], at, all) => name.toLowerCase() !== 'content-length' || isFirst(all, at))
    .filter(([name]) => status !== 204 || name.toLowerCase() !== 'content-length')
    .map(([name, value]) => [name, publicValue(name, value, { host, prefix })] as const)
  const trailer = valueOf(answer.fields, 'trailer')
  const isOpen = valueOf(fields, 'content-length') === null && status !== 204 && status !== 304
  const isChunked = isOpen && method !== 'HEAD'
  if (trailer !== null && isChunked) fields.push(['Trailer', trailer])
  fields.push(['X-Call-Id', callId], ['X-Start-Time', SEEN], ['X-Served-By', SEEN])
  const hasContent = status !== 204 && status !== 304
  if (hasContent && valueOf(fields, 'content-type') === null) fields.push(['Content-Type', 'text/plain'])
  if (valueOf(fields, 'date') === null) fields.push(['Date', SEEN])
  if (isChunked) fields.push(['Transfer-Encoding', 'chunked'])
  fields.push(['Connection', 'close'])
  const trailers = isChunked ? answer.trailers : []
  return { ...answer, version: '1.1', reason: STATUS_CODES[status] ?? 'unknown', fields, trailers }
}

/** The answer of a process as our watchdog hands it on: it says the length last. */
export function throughWatchdog(answer: RawAnswer): RawAnswer {
  const dropped = new Set([...OF_CONNECTION, ...named(answer.fields), 'x-duration-seconds', 'content-length'])
  const fields = answer.fields.filter(([name]) => !dropped.has(name.toLowerCase()))
  if (valueOf(fields, 'date') === null) fields.push(['Date', SEEN])
  fields.push(['X-Duration-Seconds', SEEN])
  const length = valueOf(answer.fields, 'content-length')
  if (length !== null && answer.status !== 204) fields.push(['Content-Length', length])
  return { ...answer, fields }
}

/** With what is ours, or changes from moment to moment, looked at and taken out. */
export function settled(answer: RawAnswer): RawAnswer {
  const boundary = /^multipart\/byteranges; boundary=(\w+)$/.exec(
    valueOf(answer.fields, 'content-type') ?? '',
  )
  const unbound = (text: string): string =>
    boundary === null ? text : text.replaceAll(boundary[1] ?? '', 'BOUNDARY')
  return {
    ...answer,
    fields: answer.fields.map(([name, value]) => {
      const form = OURS.find(([ours]) => ours.toLowerCase() === name.toLowerCase())?.[1]
      return [name, form?.test(value) === true ? SEEN : unbound(value)]
    }),
    body: boundary === null ? answer.body : Buffer.from(unbound(answer.body.toString('latin1')), 'latin1'),
  }
}

function named(fields: Fields): readonly string[] {
  return fields
    .filter(([name]) => name.toLowerCase() === 'connection')
    .flatMap(([, value]) => value.toLowerCase().split(','))
    .map((name) => name.trim())
    .filter((name) => name !== 'content-length')
}

/** Of the lines with this name. */
function isFirst(fields: Fields, at: number): boolean {
  const name = fields[at]?.[0].toLowerCase()
  return fields.findIndex(([other]) => other.toLowerCase() === name) === at
}

function publicValue(name: string, value: string, { host, prefix }: Pick<Way, 'host' | 'prefix'>): string {
  if (!ADDRESSES.includes(name.toLowerCase())) return value
  const url = URL.canParse(value) ? new URL(value) : null
  return url?.hostname === host ? prefix + url.pathname + url.search : value
}
