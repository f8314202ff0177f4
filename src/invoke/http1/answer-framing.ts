import { MalformedError } from '../../http1/http-fields.ts'

/** Where the body of an answer ends (RFC 9112, 6.3), and whether another one may follow on the connection. */
export interface AnswerFraming {
  readonly body: 'none' | 'length' | 'chunked' | 'until-close'
  /** Bytes of the body, for `length`. */
  readonly length: number
  /** The connection stays open after this answer. */
  readonly isKept: boolean
  /** How long the function keeps it open when nobody uses it, if it says so. */
  readonly idleMs: number
}

export interface AnswerFacts {
  /** Of the request. */
  readonly method: string
  readonly status: number
  /** HTTP/1.0 or 1.1. */
  readonly minor: number
}

/**
 * Strict, because answers reach the wrong caller when two parties read a length differently. Two different
 * lengths, a length beside a coding, and any coding but `chunked` throw `MalformedError`. The same length
 * twice is accepted: it can be read in one way only (RFC 9112, 6.3). Runs on every answer, so most names are
 * skipped by their length alone.
 */
export function answerFraming(fields: readonly string[], facts: AnswerFacts): AnswerFraming {
  let bytes = -1
  let coding: string | null = null
  let isKept = facts.minor === 1
  let isClosed = false
  let idleMs = Infinity
  for (let at = 0; at < fields.length; at += 2) {
    const name = fields[at] ?? ''
    const size = name.length
    if (size !== 10 && size !== 14 && size !== 17) continue
    const value = fields[at + 1] ?? ''
    switch (name.toLowerCase()) {
      case 'content-length': {
        const before = bytes
        bytes = parseLength(value)
        if (before >= 0 && before !== bytes) throw new MalformedError('two different Content-Length headers')
        break
      }
      case 'transfer-encoding':
        if (coding !== null) throw new MalformedError('two Transfer-Encoding headers')
        coding = value
        break
      case 'connection':
        if (hasWord(value, 'close')) isClosed = true
        else if (facts.minor === 0 && hasWord(value, 'keep-alive')) isKept = true
        break
      case 'keep-alive':
        idleMs = timeoutOf(value)
        break
    }
  }
  const framing = { length: 0, isKept: isKept && !isClosed, idleMs }
  if (coding !== null && bytes >= 0)
    throw new MalformedError('both Content-Length and Transfer-Encoding headers')
  if (coding !== null && (coding.toLowerCase() !== 'chunked' || facts.minor === 0))
    throw new MalformedError(`the unsupported Transfer-Encoding ${coding.slice(0, 40)}`)

  if (isBodyless(facts)) return { body: 'none', ...framing }
  if (coding !== null) return { body: 'chunked', ...framing }
  if (bytes < 0) return { body: 'until-close', ...framing, isKept: false }
  return { body: bytes === 0 ? 'none' : 'length', ...framing, length: bytes }
}

/** Whatever its headers say (RFC 9110, 6.4.1). */
export function isBodyless({ method, status }: Pick<AnswerFacts, 'method' | 'status'>): boolean {
  return status === 204 || status === 304 || method === 'HEAD'
}

/**
 * Digits only, and few enough for an exact number: programs read `+5`, `5, 5` and `0x5` in different ways.
 */
function parseLength(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new MalformedError('a malformed Content-Length header')
  return Number(text)
}

function hasWord(list: string, word: string): boolean {
  if (list.length < word.length) return false
  const lower = list.toLowerCase()
  if (lower === word) return true
  return lower.includes(',') && lower.split(',').some((one) => one.trim() === word)
}

function timeoutOf(keepAlive: string): number {
  const seconds = /(?:^|[\s,;])timeout\s*=\s*(\d{1,9})/i.exec(keepAlive)?.[1]
  return seconds === undefined ? Infinity : Number(seconds) * 1_000
}
