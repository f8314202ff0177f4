import type { Callback } from './callback.ts'

/** What concerns one connection, and what the sender says itself or a request must not have. */
const DROPPED: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  // Node would wait for an answer to it.
  'expect',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'set-cookie',
  'set-cookie2',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** What a redirect to another origin must not take along: it was meant for the first one. */
const FOR_ONE_ORIGIN: ReadonlySet<string> = new Set(['authorization', 'cookie'])

const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/

export interface SenderHeaders {
  readonly userAgent: string
  /** Value of `X-Signature-256`; null: none. */
  readonly signature: string | null
}

/**
 * The headers of the request but those of its connection, names and values in turn: the answer's own from end
 * to end, then ours in place of same-named ones. What could not be sent as it is, is left out.
 */
export function callbackHeaders(callback: Callback, sender: SenderHeaders): readonly string[] {
  const ours = ourHeaders(callback, sender)
  const left = new Set([...DROPPED, ...namedByConnection(callback.rawHeaders)])
  for (const [name] of ours) left.add(name.toLowerCase())

  const theirs = pairs(callback.rawHeaders).filter(([name]) => !left.has(name.toLowerCase()))
  return [...theirs, ...ours].filter(([name, value]) => NAME.test(name) && VALUE.test(value)).flat()
}

/** The headers for a hop to another origin. */
export function headersForStrangers(rawHeaders: readonly string[]): readonly string[] {
  return pairs(rawHeaders)
    .filter(([name]) => !FOR_ONE_ORIGIN.has(name.toLowerCase()))
    .flat()
}

/** The headers with this `Authorization`, and no other. */
export function withAuthorization(rawHeaders: readonly string[], value: string): readonly string[] {
  const others = pairs(rawHeaders).filter(([name]) => name.toLowerCase() !== 'authorization')
  return [...others.flat(), 'Authorization', value]
}

type Pair = readonly [name: string, value: string]

function ourHeaders(callback: Callback, { userAgent, signature }: SenderHeaders): readonly Pair[] {
  const { callId, durationSeconds, status, fn, startTime, retries, retryMax } = callback
  const seconds = Number.isFinite(durationSeconds) ? Math.max(0, durationSeconds) : 0
  return [
    ['User-Agent', userAgent],
    ['X-Call-Id', callId],
    ['X-Duration-Seconds', seconds.toFixed(6)],
    ['X-Function-Status', String(status)],
    ['X-Function-Name', fn],
    ['X-Start-Time', startTime],
    ['X-Retry', String(retries)],
    ['X-Retry-Max', String(retryMax)],
    // A function cannot sign for us, with a secret or without.
    ['X-Signature-256', signature ?? UNSENDABLE],
  ]
}

/** A value that is no header's: the name is taken, and nothing is sent. */
const UNSENDABLE = '\n'

function namedByConnection(rawHeaders: readonly string[]): readonly string[] {
  return pairs(rawHeaders)
    .filter(([name]) => name.toLowerCase() === 'connection')
    .flatMap(([, value]) => value.split(',').map((word) => word.trim().toLowerCase()))
}

function pairs(rawHeaders: readonly string[]): readonly Pair[] {
  const found: Pair[] = []
  for (let at = 0; at + 1 < rawHeaders.length; at += 2)
    found.push([rawHeaders[at] ?? '', rawHeaders[at + 1] ?? ''])
  return found
}
