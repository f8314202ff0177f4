import { bodyStream } from '../body-stream.ts'
import type { KeptBody, KeptResult } from '../../../core/calls/queue-report.ts'

/**
 * Bytes that functions and their callers wrote, at the origin of the API. A browser must not show, run or guess
 * what they are, should one get here: it saves them.
 */
const INERT = {
  'Content-Disposition': 'attachment',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
  'X-Content-Type-Options': 'nosniff',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
} as const

/** Kept bytes, as they are read. `headers` cannot undo what makes them harmless. */
export function download({ size, chunks }: KeptBody, headers = new Headers()): Response {
  if (!headers.has('Content-Type')) headers.set('Content-Type', 'application/octet-stream')
  for (const [name, value] of Object.entries(INERT)) headers.set(name, value)
  headers.set('Content-Length', String(size))
  return new Response(chunks === null ? null : bodyStream(chunks, { bytesOf: (chunk) => chunk }), { headers })
}

/** Before the name of each header that the function answered with. */
const PREFIX = 'X-Function-Header-'

/** What says how the bytes are to be read goes under its own name. */
const OF_THE_BYTES: ReadonlySet<string> = new Set(['content-type', 'content-encoding'])

/** Of the function's connection, not of its answer; and a cookie is for the caller, of whom we know nothing. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'set-cookie',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/**
 * A kept answer, always as a 200. With the function's own status nobody could tell its 401, 404 or 425 from ours,
 * and a redirect would lead a client on that holds our password; under their own names its headers could set
 * cookies, or policies, for the origin of the API. So both come as a callback has them, under other names.
 */
export function resultResponse({ status, rawHeaders, ...body }: KeptResult): Response {
  const headers = new Headers()
  const left = new Set([...LEFT_OUT, ...namedByConnection(rawHeaders)])
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] ?? '').toLowerCase()
    if (left.has(name)) continue
    try {
      if (!OF_THE_BYTES.has(name)) headers.append(PREFIX + rawHeaders[at], rawHeaders[at + 1] ?? '')
      else if (!headers.has(name)) headers.set(name, rawHeaders[at + 1] ?? '')
    } catch {
      // No header that can be sent: it is left out.
    }
  }
  headers.set('X-Function-Status', String(status))
  return download(body, headers)
}

function namedByConnection(rawHeaders: readonly string[]): readonly string[] {
  return rawHeaders.flatMap((name, at) =>
    at % 2 === 0 && name.toLowerCase() === 'connection'
      ? (rawHeaders[at + 1] ?? '').split(',').map((token) => token.trim().toLowerCase())
      : [],
  )
}
