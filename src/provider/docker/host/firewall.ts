import { messageOf } from '../../../core/errors.ts'
import type { Log } from '../../../log.ts'
import { type Family, firewallChange, type FirewallSettings, ownLines } from './firewall-rules.ts'
import type { Iptables } from './iptables.ts'
import type { FunctionNetwork } from '../belongings/networks.ts'

export interface FirewallOptions {
  readonly instance: string
  readonly settings: FirewallSettings
  readonly iptables: Iptables
  /** The host's present name servers. */
  readonly nameservers: () => Promise<readonly string[]>
  /** Whether this host has a network interface of this name. */
  readonly hasInterface: (name: string) => boolean
  readonly log: Log
}

type Covered = Pick<FunctionNetwork, 'bridge' | 'gateway' | 'hasIpv6'>

const CURE =
  'give the daemon CAP_NET_ADMIN as systemd/sampan.service does, or run scripts/firewall.sh as root; ' +
  'SAMPAN_FIREWALL=off accepts it'

/**
 * Keeps the host's rules for our networks in place. It updates them when networks are added or removed, and
 * checks them on request, because other programs flush rules. It changes only rules of this instance, and
 * removes them when it is switched off. Without the necessary rights it warns, once for each reason.
 */
export class Firewall {
  readonly #options: FirewallOptions
  #networks: readonly Covered[] = []
  /** Bridges for which the rules were tried. */
  #tried = new Set<string>()
  #turn: Promise<void> = Promise.resolve()
  #next: Promise<void> | undefined
  /**
   * Our part of each family's table as listed after we had set it, because iptables may write rules
   * differently than we do.
   */
  readonly #accepted = new Map<Family, string>()
  #trouble = ''
  #hasLooked = false

  constructor(options: FirewallOptions) {
    this.#options = options
  }

  /**
   * Call it with all networks of this instance on every change. Rules are updated later; `whenTried` tells
   * when.
   */
  want(networks: readonly Covered[]): void {
    this.#networks = networks
    void this.look()
  }

  /** Resolves when setting the rules for this network was tried, successfully or not. */
  async whenTried({ bridge }: Pick<FunctionNetwork, 'bridge'>): Promise<void> {
    if (this.#isOff || this.#tried.has(bridge)) return
    await this.look()
  }

  /**
   * Checks whether the rules are there, and sets them if not. Never rejects. Requests that come while one
   * waits are merged.
   */
  look(): Promise<void> {
    // Checked once: removes the rules from before it was switched off.
    if (this.#isOff && this.#hasLooked) return this.#turn
    this.#hasLooked = true
    this.#next ??= this.#turn.then(() => {
      this.#next = undefined
      return this.#apply()
    })
    this.#turn = this.#next
    return this.#next
  }

  /** Resolves when no work is running. */
  settled(): Promise<void> {
    return this.#turn
  }

  async #apply(): Promise<void> {
    const { hasInterface, log } = this.#options
    const networks = this.#isOff ? [] : this.#networks
    const here = networks.filter(({ bridge }) => hasInterface(bridge))
    try {
      if (networks.length > 0 && here.length === 0) {
        throw new Error(
          'the bridges of this engine are not interfaces of this host (rootless engine, or elsewhere)',
        )
      }
      await this.#applyFamily('ipv4', here)
      // Most hosts have no such network, and some have no IPv6 at all.
      const six = here.filter(({ hasIpv6 }) => hasIpv6)
      if (six.length > 0 || this.#accepted.has('ipv6')) await this.#applyFamily('ipv6', six)
      if (this.#trouble !== '') log.info('firewall working again', {})
      this.#trouble = ''
    } catch (error) {
      this.#warn(messageOf(error))
    }
    this.#tried = new Set(networks.map(({ bridge }) => bridge))
  }

  async #applyFamily(family: Family, networks: readonly Covered[]): Promise<void> {
    const { iptables, instance, settings, nameservers, log } = this.#options
    const wish = { instance, settings, networks, nameservers: await nameservers() }
    const change = await this.#change(family, wish)
    if (change === null) return
    await iptables.restore(family, change)
    const listing = await iptables.list(family)
    this.#accepted.set(family, stateOf(wish, listing))
    log.info('firewall rules set', { family, networks: networks.map(({ bridge }) => bridge) })
  }

  async #change(family: Family, wish: Parameters<typeof firewallChange>[1]): Promise<string | null> {
    const listing = await this.#options.iptables.list(family)
    return this.#accepted.get(family) === stateOf(wish, listing)
      ? null
      : firewallChange(family, wish, listing)
  }

  get #isOff(): boolean {
    return this.#options.settings.mode === 'off'
  }

  #warn(reason: string): void {
    if (reason === this.#trouble || this.#isOff) return
    this.#trouble = reason
    this.#options.log.warn('firewall rules not set: functions reach every service of this host', {
      reason,
      cure: CURE,
    })
  }
}

function stateOf(wish: Parameters<typeof firewallChange>[1], listing: string): string {
  const hasDockerUser = /^-N DOCKER-USER$/m.test(listing)
  return JSON.stringify([wish, hasDockerUser, ownLines(wish.instance, listing)])
}
