import type { Call } from '../../core/calls/call.ts'
import { FaasError } from '../../core/errors.ts'
import { misdirected } from '../../core/host-names.ts'
import type { EdgeRules } from './edge-rules.ts'
import * as kinds from '../http1/header-kinds.ts'

/** Most hops of one call through this gateway. It ends functions that call each other in a circle. */
const MOST_HOPS = 16

export interface RequestRules extends EdgeRules {
  /** For callers that name none. */
  readonly userAgent: string
}

/**
 * The headers that the function gets: the caller's raw headers, without those of its connection and those
 * that no caller may set, followed by ours (http-api 7.2, 7.4). Throws `invalid` for what two parties could
 * read in two ways, and `misdirected`, `forbidden` or `loop` for calls that the rules refuse.
 */
export function requestHeaders(call: Call, rules: RequestRules): string[] {
  const raw = call.rawHeaders
  const streamed = call.body !== null && !(call.body instanceof Uint8Array)
  const headers: string[] = []
  let named: Set<string> | null = null
  let host: string | null = null
  let hops = 0
  let seen = 0

  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at] ?? ''
    const value = raw[at + 1] ?? ''
    const kind = kinds.kindOf(name)
    switch (kind) {
      case kinds.OTHER:
        if (!rules.keepOddNames && !kinds.isPlainName(name)) continue
        break
      case kinds.AUTHORIZATION:
        if (!rules.mayForward(value, call.forwardedFor)) continue
        break
      case kinds.HOPS:
        hops = Math.max(hops, hopsIn(value))
        continue
      case kinds.SERVICE_WORKER:
        refuseWideWorker(call.path)
        break
      case kinds.CONTENT_LENGTH:
        // For a complete body the length is written below.
        if (streamed) break
        continue
      case kinds.HOST:
        host = theOneHost(host, value)
        continue
      case kinds.TRANSFER_ENCODING:
        refuseEmptyCoding(value)
        continue
      case kinds.CONNECTION:
        named = kinds.namedByConnection(value, named)
        continue
      case kinds.TE:
        if (/(^|,)\s*trailers\s*(,|;|$)/i.test(value)) headers.push('TE', 'trailers')
        continue
      case kinds.TRAILER:
        // Trailers follow a chunked body only.
        if (streamed) break
        continue
      case kinds.HOP:
      case kinds.EXPECT:
        continue
      default:
        if (value === '' && kind === kinds.CALL_ID) continue
        seen |= 1 << kind
    }
    headers.push(name, value)
  }

  return finished({ headers, named, host, hops, seen }, call, rules)
}

/** Findings in the headers of a caller. */
interface Found {
  readonly headers: string[]
  /** By `Connection`. */
  readonly named: Set<string> | null
  readonly host: string | null
  readonly hops: number
  /** A bit for each kind. */
  readonly seen: number
}

function finished({ headers, named, host, hops, seen }: Found, call: Call, rules: RequestRules): string[] {
  if (host !== null && !rules.answersTo(host)) throw new FaasError('misdirected', misdirected(host))
  if (hops >= MOST_HOPS) throw new FaasError('loop', TOO_MANY_HOPS)
  const ours = { call, hops: hops + 1, userAgent: rules.userAgent }
  if (named === null) return addOurs(headers, seen, ours)
  // Headers that `Connection` removed count as absent, so ours are added.
  const kept = kinds.withoutNames(headers, keepable(named))
  return addOurs(kept, kinds.kindsIn(kept), ours)
}

function theOneHost(host: string | null, value: string): string {
  if (host === null || host === value) return value
  throw new FaasError('invalid', 'the request has two different Host headers')
}

function refuseEmptyCoding(value: string): void {
  if (value.trim() === '') throw new FaasError('invalid', 'the Transfer-Encoding header is empty')
}

const TOO_MANY_HOPS =
  `the call went through this gateway ${MOST_HOPS} times, which is the most: ` +
  'functions call each other in a circle'

/** Written by an earlier hop through us, or invented by a client, which can only shorten its own path. */
function hopsIn(value: string): number {
  if (!/^\d{1,6}$/.test(value))
    throw new FaasError('invalid', `the ${kinds.HOPS_NAME} header is not a number`)
  return Number(value)
}

/**
 * A service worker controls the folder of its script. With a script at `/function/NAME` that would be every
 * function.
 */
function refuseWideWorker(path: string): void {
  if (path !== '/' && !path.startsWith('/?')) return
  throw new FaasError(
    'forbidden',
    'the script of a service worker must have a path below that of its function',
  )
}

/**
 * `TE` is only ever sent by us as `trailers`, and the client has to name it in `Connection` (RFC 9110,
 * 10.1.4).
 */
function keepable(named: Set<string>): Set<string> {
  named.delete('te')
  return named
}

interface Ours {
  readonly call: Call
  readonly hops: number
  readonly userAgent: string
}

/** `seen`: a bit for each kind that the caller sent. */
function addOurs(headers: string[], seen: number, { call, hops, userAgent }: Ours): string[] {
  if ((seen & (1 << kinds.CALL_ID)) === 0) headers.push('X-Call-Id', call.callId)
  headers.push('X-Start-Time', call.startTime, kinds.HOPS_NAME, String(hops))
  if (call.forwardedFor !== null && (seen & (1 << kinds.FORWARDED_FOR)) === 0) {
    headers.push('X-Forwarded-For', call.forwardedFor)
  }
  if (call.forwardedHost !== null && (seen & (1 << kinds.FORWARDED_HOST)) === 0) {
    headers.push('X-Forwarded-Host', call.forwardedHost)
  }
  if (call.forwardedPrefix !== null) {
    // The gateway speaks plain HTTP only; a proxy with TLS sets this header itself.
    if ((seen & (1 << kinds.FORWARDED_PROTO)) === 0) headers.push('X-Forwarded-Proto', 'http')
    if ((seen & (1 << kinds.FORWARDED_PREFIX)) === 0) headers.push('X-Forwarded-Prefix', call.forwardedPrefix)
  }
  if ((seen & (1 << kinds.USER_AGENT)) === 0) headers.push('User-Agent', userAgent)
  return headers
}
