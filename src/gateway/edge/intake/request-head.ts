import { isToken, MalformedError, readFields, TooManyFieldsError } from '../../../http1/http-fields.ts'
import { Refusal } from './refusal.ts'

/** `bodyLength` of a request whose body comes in chunks. */
export const CHUNKED = -1

/** The head of one request, checked: nothing in it can be read in two ways. */
export interface RequestHead {
  readonly method: string
  /** As written: printable bytes without blanks, a byte per character. */
  readonly target: string
  /** Of the version: HTTP/1.0 or HTTP/1.1. */
  readonly minor: 0 | 1
  /** Names and values in turn, as written, a byte per character. */
  readonly rawHeaders: string[]
  /** Bytes of the body; 0 for none, `CHUNKED`. */
  readonly bodyLength: number
  /** The `Host` header. */
  readonly host: string | null
  /** The client wants to reuse the connection. */
  readonly isKept: boolean
  /** The client waits for `100 Continue` before it sends the body. */
  readonly expectsContinue: boolean
  /** The protocol of a requested upgrade, as written. */
  readonly upgrade: string | null
}

/** Host: a name, an address or nothing, perhaps with a port; no spaces, slashes or user parts. */
const HOST = /^[A-Za-z0-9._~!$&'()*+,;=%:[\]-]*$/
/** No blank and no control character. */
const TARGET = /^[\x21-\x7e\x80-\xff]+$/
/** The end of a request line with an unsupported version. */
const OTHER_VERSION = / HTTP\/\d(?:\.\d)?$/
/** ` HTTP/1.1` */
const VERSION_LENGTH = 9
const LONGEST_METHOD = 64

/**
 * Reads a head: `text` has a byte per character and ends with the CR LF of its last line. Throws a `Refusal`
 * for what is not exactly HTTP/1.0 or HTTP/1.1, or could be read in two ways: a length beside a coding, two
 * lengths, two hosts, any coding but `chunked` (RFC 9112, 6.3 and 11.2). Runs on every request, so most
 * header names are skipped by their length alone.
 */
export function readRequestHead(text: string): RequestHead {
  const lineEnd = text.indexOf('\r\n')
  const space = text.indexOf(' ')
  const targetEnd = lineEnd - VERSION_LENGTH
  const minorCode = text.charCodeAt(lineEnd - 1)
  if (!text.startsWith(' HTTP/1.', targetEnd) || (minorCode !== 0x30 && minorCode !== 0x31) || space < 0)
    throw notOurVersion(text.slice(0, lineEnd))
  const method = text.slice(0, space)
  const target = text.slice(space + 1, targetEnd)
  if (space > LONGEST_METHOD || !isToken(method) || !TARGET.test(target))
    throw new Refusal(400, 'malformed request line')
  const minor = minorCode === 0x30 ? 0 : 1
  const rawHeaders = fieldsOf(text, lineEnd + 2)
  const { host, length, coding, connection, expect, upgrade } = readMeaning(rawHeaders)
  if (host === null && minor === 1) throw new Refusal(400, 'no Host header')
  return {
    method,
    target,
    minor,
    rawHeaders,
    bodyLength: length === null && coding === null ? 0 : bodyLengthOf(length, coding, minor),
    host,
    isKept: minor === 1 ? !hasWord(connection, 'close') : isOldKept(connection),
    expectsContinue: expect !== null && isContinue(expect) && minor === 1,
    upgrade: upgrade !== null && hasWord(connection, 'upgrade') ? upgrade : null,
  }
}

function notOurVersion(line: string): Refusal {
  if (!OTHER_VERSION.test(line)) return new Refusal(400, 'malformed request line')
  return new Refusal(505, 'only HTTP/1.0 and HTTP/1.1 are spoken here')
}

function fieldsOf(text: string, from: number): string[] {
  try {
    return readFields(text, from, text.length)
  } catch (error) {
    if (error instanceof TooManyFieldsError) throw new Refusal(431, `the request has ${error.message}`)
    if (error instanceof MalformedError) throw new Refusal(400, `the request has ${error.message}`)
    throw error
  }
}

/** Headers about the message or the connection, as they were sent. */
interface Meaning {
  readonly host: string | null
  readonly length: string | null
  readonly coding: string | null
  /** All of them, as one list. */
  readonly connection: string
  readonly expect: string | null
  readonly upgrade: string | null
}

function readMeaning(rawHeaders: readonly string[]): Meaning {
  let host: string | null = null
  let length: string | null = null
  let coding: string | null = null
  let connection = ''
  let expect: string | null = null
  let upgrade: string | null = null
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? ''
    const size = name.length
    if (size !== 4 && size !== 6 && size !== 7 && size !== 10 && size !== 14 && size !== 17) continue
    const value = rawHeaders[at + 1] ?? ''
    switch (name.toLowerCase()) {
      case 'host':
        if (host !== null) throw new Refusal(400, 'more than one Host header')
        if (!HOST.test(value)) throw new Refusal(400, 'malformed Host header')
        host = value
        break
      case 'content-length':
        if (length !== null) throw new Refusal(400, 'more than one Content-Length header')
        length = value
        break
      case 'transfer-encoding':
        if (coding !== null) throw new Refusal(400, 'more than one Transfer-Encoding header')
        coding = value
        break
      case 'connection':
        connection = connection === '' ? value : `${connection},${value}`
        break
      case 'expect':
        expect = expect === null ? value : `${expect},${value}`
        break
      case 'upgrade':
        upgrade = upgrade === null ? value : `${upgrade},${value}`
        break
    }
  }
  return { host, length, coding, connection, expect, upgrade }
}

function bodyLengthOf(length: string | null, coding: string | null, minor: 0 | 1): number {
  if (coding !== null) {
    if (coding.toLowerCase() !== 'chunked') throw new Refusal(400, 'unsupported Transfer-Encoding')
    if (length !== null) throw new Refusal(400, 'both Transfer-Encoding and Content-Length')
    if (minor === 0) throw new Refusal(400, 'Transfer-Encoding in an HTTP/1.0 request')
    return CHUNKED
  }
  if (length === null) return 0
  // Digits only, and few enough for an exact number: programs read `+5`, `5, 5` and `0x5` in different ways.
  if (!/^\d{1,15}$/.test(length)) throw new Refusal(400, 'malformed Content-Length header')
  return Number(length)
}

function isOldKept(connection: string): boolean {
  return hasWord(connection, 'keep-alive') && !hasWord(connection, 'close')
}

function isContinue(expect: string): boolean {
  if (expect.toLowerCase() !== '100-continue') throw new Refusal(417, 'unknown expectation')
  return true
}

/** Whether a list has this lower-case word. */
function hasWord(list: string, word: string): boolean {
  if (list.length < word.length) return false
  const lower = list.toLowerCase()
  if (lower === word) return true
  return lower.includes(',') && lower.split(',').some((one) => one.trim() === word)
}
