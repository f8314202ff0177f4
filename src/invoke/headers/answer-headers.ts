import { namesApiRealm } from '../../core/api-realm.ts'
import type { Call } from '../../core/calls/call.ts'
import { isBodyless } from '../http1/answer-framing.ts'
import * as kinds from '../http1/header-kinds.ts'
import { publicAddress } from './public-address.ts'

/** Our own headers and the answer that they are added to. */
export interface Ours {
  readonly call: Call
  readonly status: number
  readonly servedBy: string
  /** The address of the replica, as in the `Host` header of the request to it. */
  readonly address: string
}

/** The head of an answer as the caller gets it. */
export interface AnswerHead {
  readonly headers: string[]
  /** Size of the body; -1 when the function did not say. */
  readonly length: number
}

/**
 * The raw headers of the function, followed by ours and, where there is content, a content type (http-api
 * 7.2, 7.5). Left out are headers of its connection, those that only we may set, and those that apply to more
 * than the function itself. `fields`: names and values in turn.
 */
export function answerHead(fields: readonly string[], ours: Ours): AnswerHead {
  const headers: string[] = []
  let named: Set<string> | null = null
  let trailer: string | null = null
  let length = -1
  let seen = 0

  for (let at = 0; at + 1 < fields.length; at += 2) {
    const name = fields[at] ?? ''
    let value = fields[at + 1] ?? ''
    const kind = kinds.kindOf(name)
    switch (kind) {
      case kinds.OTHER:
        break
      case kinds.CALL_ID:
      case kinds.START_TIME:
      case kinds.SERVED_BY:
      case kinds.HOPS:
      case kinds.ORIGIN_WIDE:
        continue
      case kinds.PLATFORM_FAULT:
        if (ours.call.seesPlatformFaults !== true) continue
        break
      case kinds.CHALLENGE:
        if (namesApiRealm(value)) continue
        break
      case kinds.ADDRESS:
        value = publicAddress(value, { own: ours.address, prefix: ours.call.forwardedPrefix })
        break
      case kinds.CONTENT_LENGTH:
        // A repetition of the same length; different ones were refused before.
        if (length >= 0) continue
        length = Number(value)
        // A 204 has no length (RFC 9110, 8.6). A client that believed it would take the next answer for the
        // body.
        if (ours.status === 204) continue
        break
      case kinds.CONNECTION:
        named = kinds.namedByConnection(value, named)
        continue
      case kinds.HOP:
      case kinds.TE:
      case kinds.TRANSFER_ENCODING:
        continue
      case kinds.TRAILER:
        trailer = value
        continue
      default:
        seen |= 1 << kind
    }
    headers.push(name, value)
  }

  const kept = named === null ? headers : kinds.withoutNames(headers, named)
  if (named !== null) seen = kinds.kindsIn(kept)
  if (trailer !== null && length < 0 && !isBodyless({ method: ours.call.method, status: ours.status }))
    kept.push('Trailer', trailer)
  addOurs(kept, seen, ours)
  return { headers: kept, length }
}

/**
 * Whether this is how the watchdog in many images says that it could not reach its process (watchdog.md 8.3).
 * It says the same when the process breaks off, so the caller must know more about the replica.
 */
export function isProcessMissing(status: number, fields: readonly string[]): boolean {
  if (status !== 500) return false
  return fields.some(
    (name, at) =>
      at % 2 === 0 && kinds.kindOf(name) === kinds.PLATFORM_FAULT && fields[at + 1] === 'of-watchdog',
  )
}

/** `seen`: a bit for each kind that the function sent. */
function addOurs(headers: string[], seen: number, { call, status, servedBy }: Ours): void {
  headers.push('X-Call-Id', call.callId, 'X-Start-Time', call.startTime, 'X-Served-By', servedBy)
  // An answer without content gets no type: it would apply to what the caller has cached.
  const hasContent = status >= 200 && status !== 204 && status !== 304
  if (hasContent && (seen & (1 << kinds.CONTENT_TYPE)) === 0)
    headers.push('Content-Type', contentTypeOf(call.rawHeaders))
}

/**
 * The gateway of OpenFaaS reflects the caller's type where the function states none (http-api 7.5). Not a
 * `multipart` type, which describes the caller's own body, nor a type that a browser would run.
 */
function contentTypeOf(rawHeaders: readonly string[]): string {
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    if (kinds.kindOf(rawHeaders[at] ?? '') !== kinds.CONTENT_TYPE) continue
    const type = rawHeaders[at + 1] ?? ''
    return type === '' || NOT_REFLECTED.test(type) ? 'text/plain' : type
  }
  return 'text/plain'
}

const NOT_REFLECTED = /^\s{0,8}(?:multipart\/|[^;\s]{0,120}(?:html|xml))/i
