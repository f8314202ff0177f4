import { parseDuration } from '../../core/duration.ts'
import { FaasError, messageOf } from '../../core/errors.ts'

/** What the headers of a request say about how it is to be called, apart from those that the function gets. */
export interface AsyncHeaders {
  /** For the function: names and values in turn. */
  readonly rawHeaders: readonly string[]
  /** As the caller wrote it; null without. */
  readonly callback: string | null
  readonly delayMs: number
  /** Null: as long as is usual. */
  readonly ttlMs: number | null
  readonly keepsResult: boolean
  readonly idempotencyKey: string | null
}

/** Those of the caller's connection, and of its body as it was sent. */
const DROPPED: ReadonlySet<string> = new Set(['host', 'content-length', 'expect', 'trailer', 'te', 'upgrade'])

const CALLBACK = 'x-callback-url'
const DELAY = 'x-async-delay'
const TTL = 'x-async-ttl'
const STORE = 'x-async-store'
const KEY = 'idempotency-key'

const LONGEST_MS = 30 * 24 * 3_600_000
const LONGEST_KEY = 255

/** Takes the headers apart. Throws `invalid`, naming the header. `isForwarded`: of an `Authorization`. */
export function readAsyncHeaders(
  raw: readonly string[],
  isForwarded: (authorization: string) => boolean,
): AsyncHeaders {
  const rawHeaders: string[] = []
  const ours = new Map<string, string>()
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const [name = '', value = ''] = [raw[at], raw[at + 1]]
    const lower = name.toLowerCase()
    if (lower === CALLBACK || lower.startsWith('x-async-')) {
      if (ours.has(lower)) throw new FaasError('invalid', `${name}: is there twice`)
      ours.set(lower, value)
      continue
    }
    if (lower === KEY) ours.set(lower, value)
    if (DROPPED.has(lower) || (lower === 'authorization' && !isForwarded(value))) continue
    rawHeaders.push(name, value)
  }
  const ttlMs = duration('X-Async-Ttl', ours.get(TTL))
  if (ttlMs === 0) throw new FaasError('invalid', 'X-Async-Ttl: must be longer than no time at all')
  return {
    rawHeaders,
    callback: ours.get(CALLBACK) || null,
    delayMs: duration('X-Async-Delay', ours.get(DELAY)) ?? 0,
    ttlMs,
    keepsResult: flag('X-Async-Store', ours.get(STORE)),
    idempotencyKey: keyOf(ours.get(KEY)),
  }
}

function duration(name: string, text: string | undefined): number | null {
  if (text === undefined) return null
  let ms: number
  try {
    ms = parseDuration(text)
  } catch (error) {
    throw new FaasError('invalid', `${name}: ${messageOf(error)}`)
  }
  if (ms <= LONGEST_MS) return ms
  throw new FaasError('invalid', `${name}: must be at most 720h`)
}

function flag(name: string, text: string | undefined): boolean {
  if (text === undefined || text === '0' || text === 'false') return false
  if (text === '1' || text === 'true') return true
  throw new FaasError('invalid', `${name}: must be 1 or 0`)
}

function keyOf(text: string | undefined): string | null {
  if (text === undefined || text === '') return null
  if (text.length <= LONGEST_KEY) return text
  throw new FaasError('invalid', `Idempotency-Key: must have at most ${LONGEST_KEY} characters`)
}
