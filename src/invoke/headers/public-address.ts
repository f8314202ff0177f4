/** The address that an answer comes from and the one that its caller used. */
export interface Addresses {
  /** The replica's own, `HOST:PORT`, which only this gateway can reach. */
  readonly own: string
  /** The path of the function here; null: leave everything as it is. */
  readonly prefix: string | null
}

/**
 * The value of a `Location`, `Content-Location` or `Refresh` as the caller can use it: an address of the
 * replica itself becomes a path of the gateway. Frameworks build such addresses from the `Host` header of the
 * request. Anything else stays as it is. So does a path without a host, because it does not show whether the
 * function has applied `X-Forwarded-Prefix`. Pure.
 */
export function publicAddress(value: string, { own, prefix }: Addresses): string {
  if (prefix === null) return value
  const at = urlAt(value)
  const from = afterScheme(value, at)
  if (from < 0) return value
  const rest = afterHost(value, from, own)
  return rest < 0 ? value : value.slice(0, at) + prefix + value.slice(rest)
}

/** In `5; url="http://…"` behind the mark; else at the start. */
function urlAt(value: string): number {
  const found = REFRESH.exec(value)
  return found === null ? 0 : found[0].length
}

const REFRESH = /^\s{0,8}[\d.]{1,16}\s{0,8}[;,]\s{0,8}url\s{0,8}=\s{0,8}["']?/i

/** Where the host begins; -1 when there is none. */
function afterScheme(value: string, at: number): number {
  const scheme = value.slice(at, at + 8).toLowerCase()
  if (scheme.startsWith('http://')) return at + 7
  if (scheme === 'https://') return at + 8
  return scheme.startsWith('//') ? at + 2 : -1
}

/**
 * Where what follows the host begins, if it is the replica's; else -1. Any port counts, also none: a server
 * behind a watchdog writes its own port (nginx does), which no caller can reach either.
 */
function afterHost(value: string, from: number, own: string): number {
  const host = own.slice(0, own.lastIndexOf(':'))
  if (!value.startsWith(host, from)) return -1
  const end = afterPort(value, from + host.length)
  return end === value.length || '/?#"\''.includes(value[end] ?? '') ? end : -1
}

function afterPort(value: string, at: number): number {
  const port = /^:\d{1,5}/.exec(value.slice(at, at + 6))
  return port === null ? at : at + port[0].length
}
