import type { Call } from '../../core/calls/call.ts'
import { FaasError } from '../../core/errors.ts'
import * as kinds from './header-kinds.ts'
import { isFieldValue, isToken } from '../../http1/http-fields.ts'

/** The destination of the call, and the protocol it asks for there. */
export interface Destination {
  /** For the `Host` header. */
  readonly host: string
  /** The protocol of the requested upgrade; null for ordinary calls. */
  readonly protocol: string | null
}

/**
 * Input from triggers is never trusted: a line feed in it would start a second request. A character that is
 * cut to a byte can become one too.
 */
const TARGET = /^[\x21-\x7e\x80-\xff]+$/

/** Methods that announce a missing body as `Content-Length: 0` (RFC 9110, 8.6). */
const USUALLY_WITH_BODY = new Set(['POST', 'PUT', 'PATCH'])

/**
 * The call up to the empty line, a byte per character. Throws `invalid` for what cannot be written as HTTP.
 */
export function requestHead(call: Call, headers: readonly string[], { host, protocol }: Destination): string {
  if (!isToken(call.method)) throw new FaasError('invalid', 'the method is not one of HTTP')
  if (!TARGET.test(call.path)) throw new FaasError('invalid', 'the path cannot be written as HTTP')
  const connection = protocol === null ? 'keep-alive' : `Upgrade\r\nUpgrade: ${checked(protocol)}`
  let head = `${call.method} ${call.path} HTTP/1.1\r\nHost: ${host}\r\nConnection: ${connection}\r\n`
  const isStreamed = call.body !== null && !(call.body instanceof Uint8Array)
  let isMeasured = false
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const name = headers[at] ?? ''
    if (!isToken(name)) throw new FaasError('invalid', 'a header has a malformed name')
    if (isStreamed && kinds.kindOf(name) === kinds.CONTENT_LENGTH) isMeasured = true
    head += `${name}: ${checked(headers[at + 1] ?? '')}\r\n`
  }
  return `${head}${framingOf(call, isMeasured)}\r\n`
}

/** The trailer lines of a chunked body, without those that trailers must not contain. */
export function trailerLines(rawTrailers: readonly string[]): string {
  let lines = ''
  for (const [name, value] of kinds.unknownPairs(rawTrailers)) {
    if (isToken(name) && kinds.isPlainName(name) && isFieldValue(value)) lines += `${name}: ${value}\r\n`
  }
  return lines
}

function framingOf({ body, method }: Call, isMeasured: boolean): string {
  if (body instanceof Uint8Array) return `Content-Length: ${body.length}\r\n`
  if (body !== null) return isMeasured ? '' : 'Transfer-Encoding: chunked\r\n'
  return USUALLY_WITH_BODY.has(method) ? 'Content-Length: 0\r\n' : ''
}

function checked(value: string): string {
  if (!isFieldValue(value)) throw new FaasError('invalid', 'a header has a malformed value')
  return value
}
