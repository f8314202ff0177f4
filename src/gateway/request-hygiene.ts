import type { IncomingMessage } from 'node:http'

/** Why a request is not served. */
export interface Refusal {
  readonly status: number
  readonly message: string
}

/** What the raw headers of one request say about its framing. */
export interface Framing {
  readonly refusal: Refusal | null
  readonly hasBody: boolean
}

/** Header lines of one request. */
export const MAX_HEADERS = 1_000

/** Host: a name, an address or nothing, perhaps with a port; no spaces, slashes or user parts. */
const HOST = /^[A-Za-z0-9._~!$&'()*+,;=%:[\]-]*$/

/**
 * Refuses what Node's parser lets pass although two servers in a row could read it differently: repeated `Host`, an empty or unknown
 * transfer coding, a coding together with a length or in HTTP/1.0. Runs on every call: one look at the length of each name.
 */
export function inspectFraming(req: IncomingMessage): Framing {
  const { rawHeaders } = req
  if (rawHeaders.length > 2 * MAX_HEADERS) return refused(431, 'too many request headers')

  let hosts = 0
  let coding: string | undefined
  let codings = 0
  let length: string | undefined
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? ''
    const size = name.length
    if (size !== 4 && size !== 14 && size !== 17) continue
    const lower = name.toLowerCase()
    if (lower === 'host') {
      hosts += 1
      if (!HOST.test(rawHeaders[at + 1] ?? '')) return refused(400, 'malformed Host header')
    } else if (lower === 'content-length') length = rawHeaders[at + 1]
    else if (lower === 'transfer-encoding') {
      codings += 1
      coding = rawHeaders[at + 1]
    }
  }

  if (hosts > 1) return refused(400, 'more than one Host header')
  if (codings > 0) {
    if (codings > 1 || coding?.toLowerCase() !== 'chunked')
      return refused(400, 'unsupported Transfer-Encoding')
    if (length !== undefined) return refused(400, 'both Transfer-Encoding and Content-Length')
    if (req.httpVersionMajor === 1 && req.httpVersionMinor === 0) {
      return refused(400, 'Transfer-Encoding in an HTTP/1.0 request')
    }
  }
  return { refusal: null, hasBody: codings > 0 || (length !== undefined && length !== '0') }
}

function refused(status: number, message: string): Framing {
  return { refusal: { status, message }, hasBody: true }
}
