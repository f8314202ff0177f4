/** A listening TCP socket of a container. */
export interface Listener {
  /**
   * Dotted, or IPv6 without brackets: `0.0.0.0`, `::1`. An IPv4 address in IPv6 form becomes an IPv4 address.
   */
  readonly address: string
  readonly port: number
}

/** Docker's own name server listens there, in every container of a user-defined network. */
const DOCKER_DNS = '127.0.0.11'
const LISTEN = '0A'

/**
 * The listening sockets in the text of `/proc/PID/net/tcp` or `tcp6`. The kernel writes addresses as 32-bit
 * words in the byte order of the machine, which is little-endian wherever Docker runs. Pure.
 */
export function parseListeners(text: string): Listener[] {
  const found: Listener[] = []
  for (const line of text.split('\n')) {
    const match = /^\s*\d+: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) [0-9A-F:]+ ([0-9A-F]{2}) /.exec(line)
    const [, words = '', port = '', state] = match ?? []
    if (state !== LISTEN) continue
    const address = addressOf(words)
    if (address !== DOCKER_DNS) found.push({ address, port: Number.parseInt(port, 16) })
  }
  return found
}

/** Whether the text of `/proc/PID/net/fib_trie` lists this IPv4 address as local. Pure. */
export function ownsAddress(fibTrie: string, address: string): boolean {
  const lines = fibTrie.split('\n').map((line) => line.trim())
  return lines.some((line, at) => line === `|-- ${address}` && lines[at + 1] === '/32 host LOCAL')
}

/**
 * Whether one of them accepts a connection from within the container to 127.0.0.1 (or `::1`) at this port.
 * Pure.
 */
export function takesLoopback(listeners: readonly Listener[], port: number): boolean {
  return listeners.some((one) => one.port === port && (isLoopback(one) || isAnyAddress(one)))
}

/** It cannot be reached from outside the container. */
export function isLoopback({ address }: Listener): boolean {
  return address === '::1' || address.startsWith('127.')
}

function isAnyAddress({ address }: Listener): boolean {
  return address === '0.0.0.0' || address === '::'
}

function addressOf(words: string): string {
  const bytes = (words.match(/.{8}/g) ?? []).flatMap((word) => [...Buffer.from(word, 'hex')].reverse())
  if (bytes.length === 4) return bytes.join('.')
  const isMapped = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255
  return isMapped ? bytes.slice(12).join('.') : ipv6(Buffer.from(bytes))
}

/** The usual short form, by the rules of URLs. */
function ipv6(bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, at) => bytes.readUInt16BE(at * 2).toString(16))
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1)
}
