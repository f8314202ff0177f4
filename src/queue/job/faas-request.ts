import { FaasError } from '../../core/errors.ts'

/** A call as other producers describe it. */
export interface ForeignCall {
  /** As written: `name` or `name.namespace`. */
  readonly fn: string
  /** Path and query, encoded. */
  readonly path: string
  readonly rawHeaders: readonly string[]
  readonly host: string | null
  /** Empty: the function's own. */
  readonly queue: string
  readonly callback: string | null
  readonly body: Uint8Array | null
}

/**
 * Reads the JSON that OpenFaaS's gateway puts on its queue (http-api 9.2). Throws `invalid`, naming the field.
 * Its path is decoded already: what would read as a query or a line break is encoded again.
 */
export function readFaasRequest(message: Uint8Array): ForeignCall {
  const fields = parse(message)
  const fn = text(fields, 'Function')
  if (fn === '') throw new FaasError('invalid', 'Function: is missing')
  const query = text(fields, 'QueryString').replace(/^\?/, '')
  const path = encodedPath(text(fields, 'Path'))
  return {
    fn,
    path: query === '' ? path : `${path}?${encodedQuery(query)}`,
    rawHeaders: headersOf(fields['Header']),
    host: text(fields, 'Host') || null,
    queue: text(fields, 'QueueName'),
    callback: callbackOf(fields['CallbackUrl']),
    body: bodyOf(text(fields, 'Body')),
  }
}

type Fields = Readonly<Record<string, unknown>>

function parse(message: Uint8Array): Fields {
  try {
    const value: unknown = JSON.parse(Buffer.from(message).toString('utf8'))
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields
  } catch {
    // Said below.
  }
  throw new FaasError('invalid', 'the message is not a JSON object')
}

function text(fields: Fields, name: string): string {
  const value = Object.hasOwn(fields, name) ? (fields[name] ?? '') : ''
  if (typeof value === 'string') return wellFormed(value, name)
  throw new FaasError('invalid', `${name}: must be a string`)
}

/** Half of a character cannot be encoded. */
function wellFormed(text: string, field: string): string {
  if (!/\p{Surrogate}/u.test(text)) return text
  throw new FaasError('invalid', `${field}: has half of a character`)
}

function encodedPath(path: string): string {
  const rooted = path.startsWith('/') ? path : `/${path}`
  return rooted.split('/').map(encodeURIComponent).join('/')
}

/** It was raw; only what cannot stand in a request line is changed. */
function encodedQuery(query: string): string {
  return query.replace(/[^\x21-\x7e]|#/gu, (character) => encodeURIComponent(character))
}

function headersOf(value: unknown): string[] {
  if (value === undefined || value === null) return []
  if (typeof value !== 'object') throw new FaasError('invalid', 'Header: must be an object')
  const raw: string[] = []
  for (const [name, values] of Object.entries(value)) {
    const list: unknown[] = Array.isArray(values) ? values : [values]
    for (const one of list) {
      if (typeof one !== 'string')
        throw new FaasError('invalid', `Header: ${name} must be an array of strings`)
      // What it is to become is a line of HTTP.
      if (!/^[!#$%&'*+\-.^_`|~\w]+$/.test(name) || !/^[\t\x20-\x7e\x80-\xff]*$/.test(one))
        throw new FaasError('invalid', `Header: ${name.slice(0, 64)} cannot be written as HTTP`)
      raw.push(name, one)
    }
  }
  return raw
}

/** A Go `url.URL` as an object, which has lost its password, or a string. */
function callbackOf(value: unknown): string | null {
  if (value === undefined || value === null || value === '') return null
  if (typeof value === 'string') return value
  if (typeof value !== 'object') throw new FaasError('invalid', 'CallbackUrl: must be an object or a string')
  const url = value as Fields
  const [scheme, host] = [text(url, 'Scheme'), text(url, 'Host')]
  const path = text(url, 'RawPath') || encodedPath(text(url, 'Path'))
  const query = text(url, 'RawQuery')
  return `${scheme}://${host}${path === '/' ? '' : path}${query === '' ? '' : `?${query}`}`
}

function bodyOf(base64: string): Uint8Array | null {
  if (base64 === '') return null
  const bytes = Buffer.from(base64, 'base64')
  // Node passes over what is not base64; a body that lost bytes must not run.
  if (bytes.toString('base64') !== base64) throw new FaasError('invalid', 'Body: is not base64')
  return bytes
}
