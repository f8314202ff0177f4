import { quoted } from './quoted.ts'

/**
 * Names by which functions reach the gateway: ours, and those that existing images use for the gateway of a
 * cluster. Nobody can register one: the first two end in no public domain, the third in `.local`.
 */
export const NAMES_IN_FUNCTIONS: readonly string[] = [
  'gateway',
  'gateway.openfaas',
  'gateway.openfaas.svc.cluster.local',
]

// Nobody can own a name without a dot on the Internet: it is resolved in this machine's own domain (Ollama
// has a check of the same kind).

/** An IP address, which no DNS server can redirect. A name cannot end in digits (RFC 3696, 2). */
const ADDRESS = /^(?:\d+(?:\.\d+){3}|\[[0-9a-f:.]+\])$/

export interface HostNamesOptions {
  /** The host that the gateway listens on. */
  readonly listenHost: string
  /** Further names, in lower case; `*.example.org` stands for every name below it, `*` for all. */
  readonly allowed: readonly string[]
}

/**
 * The names that the gateway answers to. A web page can point its own name at 127.0.0.1 (DNS rebinding), and
 * the browser then lets the page read the answers; but `Host` carries the page's name. So a gateway that
 * listens on loopback answers only to names of this machine and those that the operator adds. On any other
 * address it answers to every name unless the operator lists some.
 */
export class HostNames {
  readonly #isOpen: boolean
  readonly #names: ReadonlySet<string>
  readonly #domains: readonly string[]
  /** The last accepted value: nearly all calls have the same one. */
  #last = ''

  constructor({ listenHost, allowed }: HostNamesOptions) {
    this.#isOpen = allowed.includes('*') || (allowed.length === 0 && !isLoopback(listenHost))
    this.#names = new Set(['localhost', ...NAMES_IN_FUNCTIONS, ...allowed])
    this.#domains = [
      '.localhost',
      ...allowed.filter((name) => name.startsWith('*.')).map((name) => name.slice(1)),
    ]
  }

  /** Checks a `Host` header, port included. Clients without a name send an empty one. */
  includes(host: string): boolean {
    if (this.#isOpen || host === this.#last) return true
    const name = host.toLowerCase().replace(/:\d*$/, '').replace(/\.$/, '')
    const isOurs =
      name === '' ||
      this.#names.has(name) ||
      !name.includes('.') ||
      ADDRESS.test(name) ||
      this.#domains.some((domain) => name.endsWith(domain))
    if (isOurs) this.#last = host
    return isOurs
  }
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)
}

/** The answer to a request for a name that is not ours. */
export function misdirected(host: string): string {
  return `this gateway does not answer to the name ${quoted(host)}: if it should, add the name to SAMPAN_ALLOWED_HOSTS`
}
