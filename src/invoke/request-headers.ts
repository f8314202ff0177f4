import type { Call } from '../core/call.ts'
import { FaasError } from '../core/errors.ts'
import * as kinds from './http1/header-kinds.ts'

/**
 * The headers that the function gets: the caller's own, raw, without those of its connection, and ours (http-api 7.2, 7.4).
 * Throws `invalid` for what two parties could read in two ways.
 */
export function requestHeaders(call: Call, userAgent: string): string[] {
  const raw = call.rawHeaders
  const streamed = call.body !== null && !(call.body instanceof Uint8Array)
  const headers: string[] = []
  let named: Set<string> | null = null
  let host: string | null = null
  let seen = 0

  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at] ?? ''
    const value = raw[at + 1] ?? ''
    const kind = kinds.kindOf(name)
    switch (kind) {
      case kinds.OTHER:
      case kinds.CONTENT_TYPE:
      case kinds.START_TIME:
      case kinds.SERVED_BY:
        break
      case kinds.CONTENT_LENGTH:
        // That of a body at hand is written with it.
        if (streamed) break
        continue
      case kinds.HOST:
        if (host !== null && host !== value)
          throw new FaasError('invalid', 'the request has two different Host headers')
        host = value
        continue
      case kinds.TRANSFER_ENCODING:
        if (value.trim() === '') throw new FaasError('invalid', 'the Transfer-Encoding header is empty')
        continue
      case kinds.CONNECTION:
        named = merged(named, kinds.namedByConnection(value))
        continue
      case kinds.TE:
        if (/(^|,)\s*trailers\s*(,|;|$)/i.test(value)) headers.push('TE', 'trailers')
        continue
      case kinds.TRAILER:
        // They come behind a body in chunks, and nowhere else.
        if (!streamed) continue
        break
      case kinds.HOP:
      case kinds.EXPECT:
        continue
      case kinds.CALL_ID:
        if (value === '') continue
        seen |= 1 << kind
        break
      default:
        seen |= 1 << kind
    }
    headers.push(name, value)
  }

  const kept = named === null ? headers : kinds.withoutNames(headers, keepable(named))
  return addOurs(kept, seen, { call, userAgent })
}

/** `TE` is only ever sent by us as `trailers`, and the client has to name it in `Connection` (RFC 9110, 10.1.4). */
function keepable(named: Set<string>): Set<string> {
  named.delete('te')
  return named
}

interface Ours {
  readonly call: Call
  readonly userAgent: string
}

/** `seen`: a bit for each kind that the caller sent. */
function addOurs(headers: string[], seen: number, { call, userAgent }: Ours): string[] {
  if ((seen & (1 << kinds.CALL_ID)) === 0) headers.push('X-Call-Id', call.callId)
  headers.push('X-Start-Time', call.startTime)
  if (call.forwardedFor !== null && (seen & (1 << kinds.FORWARDED_FOR)) === 0) {
    headers.push('X-Forwarded-For', call.forwardedFor)
  }
  if (call.forwardedHost !== null && (seen & (1 << kinds.FORWARDED_HOST)) === 0) {
    headers.push('X-Forwarded-Host', call.forwardedHost)
  }
  if ((seen & (1 << kinds.USER_AGENT)) === 0) headers.push('User-Agent', userAgent)
  return headers
}

function merged(one: Set<string> | null, other: Set<string> | null): Set<string> | null {
  if (one === null || other === null) return one ?? other
  for (const name of other) one.add(name)
  return one
}
