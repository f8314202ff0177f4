import { CALL_PREFIX, QUEUED_CALL_PREFIX } from '../shared/call-routes.ts'

/** What a request target asks for. */
export type RequestTarget =
  /** A function call: its target is passed on byte for byte, nothing is decoded or normalized. */
  | { readonly kind: 'call'; readonly url: string }
  /** An asynchronous call, in the same way. */
  | { readonly kind: 'queued-call'; readonly url: string }
  /** Anything else; `url` has a clean path that no URL parser can read differently. */
  | { readonly kind: 'api'; readonly url: string }
  /** A path with `//`, `/./` or `/../` in it. */
  | { readonly kind: 'redirect'; readonly location: string }
  /** Not a target that a server can serve. */
  | { readonly kind: 'malformed' }

/**
 * Scheme and authority of an absolute target, which proxies send; the `Host` header has the authority too.
 */
const ORIGIN = /^https?:\/\/([^/?#]*)/i

/** Reads the raw target of a request line. Runs on every call; a function call costs only one comparison. */
export function readTarget(raw: string): RequestTarget {
  const direct = callOf(raw)
  if (direct !== null) return direct

  const url = originForm(raw)
  const call = callOf(url)
  return call ?? apiTarget(url)
}

/** The same for a target that is no call's, or is for the API all the same: its path is made clean. */
export function apiTarget(url: string): RequestTarget {
  if (!url.startsWith('/')) return { kind: 'malformed' }
  const mark = url.indexOf('?')
  const query = mark < 0 ? '' : url.slice(mark)
  const path = decode(mark < 0 ? url : url.slice(0, mark))
  if (path === null) return { kind: 'malformed' }

  const cleaned = clean(path)
  const target = encode(cleaned) + query
  return cleaned === path ? { kind: 'api', url: target } : { kind: 'redirect', location: target }
}

/** The target where it belongs to the plane of function calls; null elsewhere. */
function callOf(url: string): RequestTarget | null {
  if (url.startsWith(CALL_PREFIX)) return { kind: 'call', url }
  return url.startsWith(QUEUED_CALL_PREFIX) ? { kind: 'queued-call', url } : null
}

/**
 * A target without a host, or with a user before it, is invalid (RFC 9110, 4.2). It is returned as it is and
 * refused later.
 */
function originForm(raw: string): string {
  const [origin, authority = ''] = ORIGIN.exec(raw) ?? []
  if (origin === undefined || authority === '' || authority.includes('@')) return raw
  const rest = raw.slice(origin.length)
  return rest.startsWith('/') ? rest : `/${rest}`
}

/** Null for a broken escape or bytes that are not UTF-8. */
function decode(path: string): string | null {
  if (!path.includes('%')) return path
  try {
    return decodeURIComponent(path)
  } catch {
    return null
  }
}

/** The path without empty, `.` and `..` segments; a slash at the end stays (http-api 1.2). */
function clean(path: string): string {
  const kept: string[] = []
  const segments = path.split('/').slice(1)
  for (const segment of segments) {
    if (segment === '..') kept.pop()
    else if (segment !== '' && segment !== '.') kept.push(segment)
  }
  if (kept.length === 0) return '/'
  return `/${kept.join('/')}${segments.at(-1) === '' ? '/' : ''}`
}

function encode(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/')
}
