import { namesApiRealm } from '../core/api-realm.ts'
import type { Call } from '../core/call.ts'
import { isBodyless } from './http1/answer-framing.ts'
import * as kinds from './http1/header-kinds.ts'
import { publicAddress } from './public-address.ts'

/** What we add, and to what. */
export interface Ours {
  readonly call: Call
  readonly status: number
  readonly servedBy: string
  /** The replica's own, as in the `Host` that it was asked by. */
  readonly address: string
}

/** The head of an answer as the caller gets it. */
export interface AnswerHead {
  readonly headers: string[]
  /** Size of the body; -1 when the function did not say. */
  readonly length: number
}

/**
 * The function's headers, raw, without those of its connection, those that only we may set and those that
 * speak for more than the function itself; then ours, and a content type for any content (http-api 7.2, 7.5).
 * `fields`: names and values in turn.
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
      case kinds.PLATFORM_FAULT:
      case kinds.HOPS:
      case kinds.ORIGIN_WIDE:
        continue
      case kinds.CHALLENGE:
        if (namesApiRealm(value)) continue
        break
      case kinds.ADDRESS:
        value = publicAddress(value, { own: ours.address, prefix: ours.call.forwardedPrefix })
        break
      case kinds.CONTENT_LENGTH:
        // The same one again, else the answer would not have been read.
        if (length >= 0) continue
        length = Number(value)
        // It has none (RFC 9110, 8.6), and whoever believed it would take the next answer for its body.
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
 * Whether the watchdog that many images carry says so that it could not reach the process behind it
 * (watchdog.md 8.3). Only as good as what else is known of the replica: it says the same of a process that
 * breaks off.
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
  // Where there is no content a type would say something about what the caller has stored.
  const hasContent = status >= 200 && status !== 204 && status !== 304
  if (hasContent && (seen & (1 << kinds.CONTENT_TYPE)) === 0)
    headers.push('Content-Type', contentTypeOf(call.rawHeaders))
}

/**
 * The gateway of OpenFaaS reflects the caller's type where the function states none (http-api 7.5). Not one
 * that says how the caller cut its own body into parts, nor one that a browser would run what comes back as.
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
