import { quoted } from './quoted.ts'

/**
 * Names by which functions reach the gateway: ours, and those that are written into images for the cluster
 * that the reference runs in. No stranger can own one: the first two end in no public domain, the third in
 * `.local`.
 */
export const NAMES_IN_FUNCTIONS: readonly string[] = [
  'gateway',
  'gateway.openfaas',
  'gateway.openfaas.svc.cluster.local',
]

// A name without a dot is nobody's on the network of the world: it is looked up in this machine's own domain
// (as with Ollama's check of the same kind).

/** An address: nobody can give it another meaning. A name cannot end in digits (RFC 3696, 2). */
const ADDRESS = /^(?:\d+(?:\.\d+){3}|\[[0-9a-f:.]+\])$/

export interface HostNamesOptions {
  /** The host that the gateway listens on. */
  readonly listenHost: string
  /** Further names, in lower case; `*.example.org` stands for every name below it, `*` for all. */
  readonly allowed: readonly string[]
}

/**
 * Under which names the gateway answers. A web page may give its own name the address 127.0.0.1 (DNS
 * rebinding), and the browser then lets it read what it finds there; but it sends the page's name in `Host`.
 * So a gateway that only this machine reaches answers to names that belong to this machine, and to those that
 * the operator adds. On any other address it answers to every name unless the operator lists some.
 */
export class HostNames {
  readonly #isOpen: boolean
  readonly #names: ReadonlySet<string>
  readonly #domains: readonly string[]
  /** The value that was good last: nearly all calls have the same one. */
  #last = ''

  constructor({ listenHost, allowed }: HostNamesOptions) {
    this.#isOpen = allowed.includes('*') || (allowed.length === 0 && !isLoopback(listenHost))
    this.#names = new Set(['localhost', ...NAMES_IN_FUNCTIONS, ...allowed])
    this.#domains = [
      '.localhost',
      ...allowed.filter((name) => name.startsWith('*.')).map((name) => name.slice(1)),
    ]
  }

  /** Looks at a `Host` header, port and all; an empty one is that of a client without names. */
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

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)
}

/** What to tell who asked for a name that is not ours. */
export function misdirected(host: string): string {
  return `this gateway does not answer to the name ${quoted(host)}: if it should, add the name to SAMPAN_ALLOWED_HOSTS`
}
