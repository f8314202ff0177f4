import { isIP } from 'node:net'
import { addressKind, formsOf, type AddressKind } from './address-kind.ts'
import { namesAddress, namesHost, parseHostRule, type HostRule } from './host-rules.ts'

/** The settings that have a say, as errors name them. */
const ALLOW = 'SAMPAN_CALLBACK_ALLOW'
const DENY = 'SAMPAN_CALLBACK_DENY'
const PRIVATE = 'SAMPAN_PRIVATE_NETWORKS'

export interface AddressPolicyOptions {
  /** Hosts that may be called whatever else is said, but for our own listeners; see `parseHostRule`. */
  readonly allow: readonly string[]
  /** Hosts that may not; with `*` only those of `allow` are left. */
  readonly deny: readonly string[]
  /** What functions may reach, too. */
  readonly privateNetworks: 'open' | 'closed'
  /**
   * Whether a listener of ours answers there, also one that listens on all addresses. Asked for addresses in
   * plain form.
   */
  readonly own: (address: string, port: number) => boolean
  /** Whether the address belongs to this machine or to its containers: `ThisMachine.includes`. */
  readonly isHere: (address: string) => boolean
}

/** Where a connection is to go. */
export interface Destination {
  /** The host of the URL, without brackets. */
  readonly hostname: string
  readonly address: string
  readonly port: number
}

/**
 * Which addresses callbacks may reach. Callers need no credentials, so a callback must not get them anywhere
 * that they do not get to themselves: docs/decisions/0039. Pure, but for what `own` and `isHere` look up.
 */
export class AddressPolicy {
  readonly #allow: readonly HostRule[]
  readonly #deny: readonly HostRule[]
  readonly #options: AddressPolicyOptions

  /** Throws a sentence that names the setting when a rule is malformed. */
  constructor(options: AddressPolicyOptions) {
    this.#allow = parsed(ALLOW, options.allow)
    this.#deny = parsed(DENY, options.deny)
    this.#options = options
  }

  /**
   * Why the host of a URL may not be called, as far as that is plain before its name is resolved; null: it
   * may be tried.
   */
  hostRefusal(host: string, port: number): string | null {
    const hostname = bareHost(host)
    if (isIP(hostname) !== 0) return this.addressRefusal({ hostname, address: hostname, port })
    // Resolvers must answer that themselves (RFC 6761, 6.3).
    if (hostname === 'localhost' || hostname.endsWith('.localhost'))
      return this.addressRefusal({ hostname, address: '127.0.0.1', port })

    const has = (rules: readonly HostRule[]) => rules.some((rule) => namesHost(rule, hostname, port))
    const mayResolveWell = this.#allow.some(({ host: allowed }) => allowed.is === 'addresses')
    return has(this.#deny) && !has(this.#allow) && !mayResolveWell ? denied(hostname) : null
  }

  /** Why nothing may be sent to this address, as a sentence without an end; null: it may. */
  addressRefusal({ hostname: host, address, port }: Destination): string | null {
    const hostname = bareHost(host)
    const forms = formsOf(address)
    if (forms.length === 0) return `what ${hostname} resolves to is not an address`
    if (forms.some((form) => this.#options.own(form, port)))
      return `${shown(address, port)} is this gateway itself, of which only functions may be called back`

    const named = (rules: readonly HostRule[]) => rules.some((rule) => namesHost(rule, hostname, port))
    const listed = (rules: readonly HostRule[]) => rules.some((rule) => namesAddress(rule, forms, port))
    const kind = addressKind(address)
    if (listed(this.#allow)) return null
    // Who answers for a name may not be who runs this machine: the worst takes a rule for the address.
    if (named(this.#allow) && !NEVER_BY_NAME.has(kind)) return null
    if (named(this.#deny) || listed(this.#deny)) return denied(address)
    return this.#refusalOfKind(kind, address, forms)
  }

  #refusalOfKind(kind: AddressKind, address: string, forms: readonly string[]): string | null {
    if (kind !== 'public' && kind !== 'private')
      return `${address} is a ${kind} address, and ${ALLOW} does not list it`
    if (forms.some((form) => this.#options.isHere(form)))
      return `${address} is an address of this machine or its containers, and ${ALLOW} does not list it`
    if (kind === 'private' && this.#options.privateNetworks === 'closed')
      return `${address} is a private address: ${PRIVATE} is closed, and ${ALLOW} does not list it`
    return null
  }
}

const NEVER_BY_NAME: ReadonlySet<AddressKind> = new Set([
  'metadata',
  'unspecified',
  'link-local',
  'multicast',
  'broadcast',
  'reserved',
])

/** A host of a URL without the brackets of an address, and without the dot that only ends a name. */
export function bareHost(host: string): string {
  if (host.startsWith('[')) return host.slice(1, -1)
  return host.endsWith('.') ? host.slice(0, -1) : host
}

function parsed(setting: string, texts: readonly string[]): readonly HostRule[] {
  return texts.map((text) => {
    try {
      return parseHostRule(text)
    } catch (error) {
      throw new Error(`${setting}: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      })
    }
  })
}

function denied(host: string): string {
  return `${host} is ruled out by ${DENY}`
}

function shown(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}
