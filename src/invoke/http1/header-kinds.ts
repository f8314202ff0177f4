/** What the call path has to know about a header, by name. All others pass untouched. */
export const OTHER = 0
/** Belongs to one connection; never forwarded (RFC 9110, 7.6.1). */
export const HOP = 1
/** Hop-by-hop, and names further headers that are. */
export const CONNECTION = 2
export const TE = 3
export const TRAILER = 4
export const HOST = 5
/** Answered by this gateway, not by the function. */
export const EXPECT = 6
export const CONTENT_LENGTH = 7
export const CONTENT_TYPE = 8
export const CALL_ID = 9
export const START_TIME = 10
export const SERVED_BY = 11
export const FORWARDED_FOR = 12
export const FORWARDED_HOST = 13
export const USER_AGENT = 14
export const TRANSFER_ENCODING = 15

const NAMES: readonly (readonly [name: string, kind: number])[] = [
  ['Connection', CONNECTION],
  ['Keep-Alive', HOP],
  ['Proxy-Connection', HOP],
  ['Proxy-Authenticate', HOP],
  ['Proxy-Authorization', HOP],
  ['Transfer-Encoding', TRANSFER_ENCODING],
  ['Upgrade', HOP],
  ['TE', TE],
  ['Trailer', TRAILER],
  ['Host', HOST],
  ['Expect', EXPECT],
  ['Content-Length', CONTENT_LENGTH],
  ['Content-Type', CONTENT_TYPE],
  ['X-Call-Id', CALL_ID],
  ['X-Start-Time', START_TIME],
  ['X-Served-By', SERVED_BY],
  ['X-Forwarded-For', FORWARDED_FOR],
  ['X-Forwarded-Host', FORWARDED_HOST],
  ['User-Agent', USER_AGENT],
]

/** The usual spelling beside the lower-case one, so that most names need no conversion. Fixed: hostile names cannot grow it. */
const KINDS: ReadonlyMap<string, number> = new Map(
  NAMES.flatMap(([name, kind]) => [[name, kind] as const, [name.toLowerCase(), kind] as const]),
)

/** Bit n is set when a name of length n is of interest: most headers are told apart by their length alone. */
const LENGTHS = NAMES.reduce((bits, [name]) => bits | (1 << name.length), 0)

/** Runs for every header of every call. */
export function kindOf(name: string): number {
  const length = name.length
  if (length > 31 || (LENGTHS & (1 << length)) === 0) return OTHER
  return KINDS.get(name) ?? KINDS.get(name.toLowerCase()) ?? OTHER
}

/**
 * Lower-case names that the value of a `Connection` header lists; null when it names none beside the usual words. Never `content-length`: it belongs
 * to the message (RFC 9110, 7.6.1), and without it the body would be sent in one framing and announced in another.
 */
export function namedByConnection(value: string): Set<string> | null {
  if (value === 'keep-alive' || value === 'close' || value === 'Keep-Alive' || value === 'Upgrade')
    return null
  const names = value
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
  const set = new Set(names)
  set.delete('content-length')
  return set
}

/** Takes the headers with these lower-case names out of a flat list. */
export function withoutNames(rawHeaders: readonly string[], names: ReadonlySet<string>): string[] {
  const kept: string[] = []
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? ''
    if (!names.has(name.toLowerCase())) kept.push(name, rawHeaders[at + 1] ?? '')
  }
  return kept
}

/** What a trailer must not say: it would be about the message itself, or about one connection (RFC 9110, 6.5.1). */
const NOT_IN_TRAILERS: ReadonlySet<number> = new Set([
  HOP,
  CONNECTION,
  TE,
  TRAILER,
  HOST,
  EXPECT,
  CONTENT_LENGTH,
  CONTENT_TYPE,
  TRANSFER_ENCODING,
])

/** Of a flat list, in pairs, those that may be passed on. */
export function trailerPairs(rawTrailers: readonly string[]): [name: string, value: string][] {
  const kept: [string, string][] = []
  for (let at = 0; at + 1 < rawTrailers.length; at += 2) {
    const name = rawTrailers[at] ?? ''
    if (!NOT_IN_TRAILERS.has(kindOf(name)) && name.toLowerCase() !== 'authorization')
      kept.push([name, rawTrailers[at + 1] ?? ''])
  }
  return kept
}
