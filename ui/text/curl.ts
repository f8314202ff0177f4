export type Header = readonly [name: string, value: string]

export interface Request {
  readonly method: string
  /** Path and query below the function, with the slash. */
  readonly target: string
  readonly headers: readonly Header[]
  readonly body: string
}

const quoted = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`

/** A line for a POSIX shell. `base` is the address of the function. */
export function asCurl(request: Request, base: string): string {
  const parts = ['curl']
  if (request.method === 'HEAD') parts.push('--head')
  else if (request.method !== (request.body === '' ? 'GET' : 'POST')) parts.push('-X', request.method)
  for (const [name, value] of request.headers) if (name !== '') parts.push('-H', quoted(`${name}: ${value}`))
  if (request.body !== '') parts.push('--data-binary', quoted(request.body))
  parts.push(quoted(base + (request.target === '/' ? '' : request.target)))
  return parts.join(' ')
}

/** True when a copied line would give a password or a session away. */
export const hasCredentials = (headers: readonly Header[]): boolean =>
  headers.some(([name]) => /^(authorization|cookie|proxy-authorization|x-api-key)$/i.test(name))

/** The words of a shell line: quotes and backslashes as a POSIX shell has them, no expansion. */
export function words(line: string): readonly string[] {
  const found: string[] = []
  const pattern = /'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"|\\([\s\S])|([^\s'"\\]+)|(\s+)/g
  let word: string | undefined
  for (const [, single, double, escaped, bare, space] of line.matchAll(pattern)) {
    if (space !== undefined) {
      if (word !== undefined) found.push(word)
      word = undefined
      continue
    }
    if (escaped === '\n') continue
    word = (word ?? '') + (single ?? double?.replaceAll(/\\(["\\$`])/g, '$1') ?? escaped ?? bare ?? '')
  }
  if (word !== undefined) found.push(word)
  return found
}

const WITH_VALUE = new Set(['-o', '--output', '-u', '--user', '-m', '--max-time', '--connect-timeout', '-w'])

/** Reads a pasted curl line; undefined when it is none. What it does not know is passed over. */
export function fromCurl(line: string, prefix: string): Request | undefined {
  const [first, ...rest] = words(line.trim())
  if (first !== 'curl') return undefined
  const read = { method: '', target: '/', body: '', headers: [] as Header[] }
  for (let i = 0; i < rest.length; i += 1) {
    const word = rest[i] ?? ''
    const value = (): string => rest[(i += 1)] ?? ''
    if (word === '-X' || word === '--request') read.method = value()
    else if (word === '-H' || word === '--header') addHeader(read.headers, value())
    else if (/^(-d|--data(-binary|-raw|-ascii)?|--json)$/.test(word)) read.body = value()
    else if (word === '-I' || word === '--head') read.method = 'HEAD'
    else if (WITH_VALUE.has(word)) value()
    else if (!word.startsWith('-')) read.target = targetOf(word, prefix)
  }
  return { ...read, method: read.method || (read.body === '' ? 'GET' : 'POST') }
}

function addHeader(headers: Header[], text: string): void {
  const colon = text.indexOf(':')
  if (colon > 0) headers.push([text.slice(0, colon), text.slice(colon + 1).trim()])
}

/** Raw, as it was typed: `%2F` stays. */
function targetOf(url: string, prefix: string): string {
  const path = url.replace(/^[a-z]+:\/\/[^/?]*/i, '')
  const below = path.startsWith(prefix) ? path.slice(prefix.length) : path
  return below.startsWith('/') ? below : `/${below}`
}
