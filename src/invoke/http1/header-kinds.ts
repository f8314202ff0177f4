// What the call path must know about a header, by name. `request-headers.ts` and `answer-headers.ts` decide
// what happens to each kind; docs/security.md has it all in a table ("Who may set which header").

/** Passes untouched. */
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
export const AUTHORIZATION = 16
/** `WWW-Authenticate`. */
export const CHALLENGE = 17
/** How often a call went through this gateway. */
export const HOPS = 18
/** A browser fetches the script of a service worker. */
export const SERVICE_WORKER = 19
/** Says that the platform failed, not the function. */
export const PLATFORM_FAULT = 20
/** In an answer: applies to everything at this host and port, including other functions and the gateway. */
export const ORIGIN_WIDE = 21

export const FORWARDED_PROTO = 22
export const FORWARDED_PREFIX = 23
/** `Location`, `Content-Location`, `Refresh`: in an answer they name an address. */
export const ADDRESS = 24

export const HOPS_NAME = 'X-Sampan-Hops'

const NAMES: readonly (readonly [name: string, kind: number])[] = [
  ['Connection', CONNECTION],
  ['Keep-Alive', HOP],
  ['Proxy-Connection', HOP],
  ['Proxy-Authenticate', HOP],
  ['Proxy-Authorization', HOP],
  ['Transfer-Encoding', TRANSFER_ENCODING],
  ['Upgrade', HOP],
  // Not a header of HTTP, but programs that get headers as environment variables take it for their proxy
  // setting (HTTP_PROXY).
  ['Proxy', HOP],
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
  ['X-Forwarded-Proto', FORWARDED_PROTO],
  ['X-Forwarded-Prefix', FORWARDED_PREFIX],
  ['User-Agent', USER_AGENT],
  ['Authorization', AUTHORIZATION],
  ['WWW-Authenticate', CHALLENGE],
  [HOPS_NAME, HOPS],
  ['Service-Worker', SERVICE_WORKER],
  ['X-OpenFaaS-Internal', PLATFORM_FAULT],
  // As Go spells it.
  ['X-Openfaas-Internal', PLATFORM_FAULT],
  ['Location', ADDRESS],
  ['Content-Location', ADDRESS],
  ['Refresh', ADDRESS],
  ['Service-Worker-Allowed', ORIGIN_WIDE],
  ['Clear-Site-Data', ORIGIN_WIDE],
  ['Strict-Transport-Security', ORIGIN_WIDE],
  ['Alt-Svc', ORIGIN_WIDE],
  // Where browsers report every failed request of the origin to.
  ['NEL', ORIGIN_WIDE],
  ['Report-To', ORIGIN_WIDE],
  // Sessions bound to a device: the browser contacts this address before other requests of the origin.
  ['Secure-Session-Registration', ORIGIN_WIDE],
  ['Sec-Session-Registration', ORIGIN_WIDE],
  // The browser sends the stored value with every matching request, including those to other functions.
  ['Use-As-Dictionary', ORIGIN_WIDE],
  // Who is logged in at this origin, for other sites to ask.
  ['Set-Login', ORIGIN_WIDE],
  ['Public-Key-Pins', ORIGIN_WIDE],
  ['Expect-CT', ORIGIN_WIDE],
]

/**
 * The usual spelling beside the lower-case one, so that most names need no conversion. Fixed: hostile names
 * cannot grow it.
 */
const KINDS: ReadonlyMap<string, number> = new Map(
  NAMES.flatMap(([name, kind]) => [[name, kind] as const, [name.toLowerCase(), kind] as const]),
)

/** Bit n is set when a known name has length n: most headers are ruled out by their length alone. */
const LENGTHS = NAMES.reduce((bits, [name]) => bits | (1 << name.length), 0)

/** Runs for every header of every call. */
export function kindOf(name: string): number {
  const length = name.length
  if (length > 31 || (LENGTHS & (1 << length)) === 0) return OTHER
  return KINDS.get(name) ?? KINDS.get(name.toLowerCase()) ?? OTHER
}

/**
 * Lower-case names that the value of a `Connection` header lists, added to those of `earlier` ones; null when
 * they name none beside the usual words. Never `content-length`: it belongs to the message (RFC 9110, 7.6.1),
 * and without it the body would be framed in another way than announced.
 */
export function namedByConnection(value: string, earlier: Set<string> | null): Set<string> | null {
  if (value === 'keep-alive' || value === 'close' || value === 'Keep-Alive' || value === 'Upgrade')
    return earlier
  const set = earlier ?? new Set<string>()
  for (const name of value.toLowerCase().split(',')) set.add(name.trim())
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

/** Bits of the kinds in a flat list of headers. */
export function kindsIn(rawHeaders: readonly string[]): number {
  let seen = 0
  for (let at = 0; at < rawHeaders.length; at += 2) seen |= 1 << kindOf(rawHeaders[at] ?? '')
  return seen
}

/**
 * The headers of a flat list that have no known kind, in pairs. For trailers and interim answers: a known
 * header there would describe the message itself (RFC 9110, 6.5.1) or one connection, or would bypass the
 * rules for the head.
 */
export function unknownPairs(rawHeaders: readonly string[]): [name: string, value: string][] {
  const kept: [string, string][] = []
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? ''
    if (kindOf(name) === OTHER) kept.push([name, rawHeaders[at + 1] ?? ''])
  }
  return kept
}

const ODD_CHARACTER = /[^A-Za-z0-9-]/

/**
 * Letters, digits and hyphens only. Where headers become variables (CGI, WSGI, Rack, PHP), other characters
 * and hyphens alike become `_`, so `X_Forwarded_For` would look like the header that a proxy sets. Runs on
 * most headers of every call.
 */
export function isPlainName(name: string): boolean {
  return !ODD_CHARACTER.test(name)
}
