import type { HostPort } from '../../../core/host-settings.ts'

/**
 * The rules that keep functions from the host, as text for `iptables-restore`. Pure. They only restrict:
 * packets that they let pass still go through the host's own rules. Every rule matches an interface of our
 * own networks.
 */

export type Family = 'ipv4' | 'ipv6'

/** What the operator's settings say about the firewall. */
export interface FirewallSettings {
  /** `auto`: sets rules if the daemon may, and warns otherwise. */
  readonly mode: 'auto' | 'off'
  /** Port at which functions reach the gateway; 0: none. */
  readonly functionPort: number
  readonly hostPorts: readonly HostPort[]
  /** Whether functions can reach private address ranges: the local network and other containers. */
  readonly privateNetworks: 'open' | 'closed'
}

/** The input for the rules. */
export interface FirewallWish {
  readonly instance: string
  readonly settings: FirewallSettings
  readonly networks: readonly { readonly bridge: string; readonly gateway: string }[]
  /**
   * The host's name servers, of both families: Docker forwards queries to them from inside the container's
   * network.
   */
  readonly nameservers: readonly string[]
}

interface FamilyFacts {
  readonly host: 32 | 128
  readonly reject: string
  /** Metadata addresses of clouds, which also give out the machine's credentials. */
  readonly metadata: readonly string[]
  readonly private: readonly string[]
  /** Rules without which the family does not work at all. */
  readonly needed: readonly string[]
}

const FACTS: Readonly<Record<Family, FamilyFacts>> = {
  ipv4: {
    host: 32,
    reject: 'icmp-admin-prohibited',
    metadata: ['169.254.0.0/16'],
    private: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10'],
    needed: [],
  },
  ipv6: {
    host: 128,
    reject: 'icmp6-adm-prohibited',
    metadata: ['fe80::/10', 'fd00:ec2::254/128'],
    private: ['fc00::/7'],
    // Neighbours are found by ICMP.
    needed: ['-p ipv6-icmp -j RETURN'],
  },
}

/** Lets through the answers to calls, whose connections the gateway opens. */
const ANSWERS = '-m conntrack --ctstate RELATED,ESTABLISHED -j RETURN'

/** The names of our two chains, unique to the instance and no longer than iptables takes (28 characters). */
export function chainsOf(instance: string): { readonly input: string; readonly forward: string } {
  const name = instance.length <= LONGEST ? instance : `${instance.slice(0, LONGEST - 7)}_${digest(instance)}`
  return { input: `SAMPAN-IN-${name}`, forward: `SAMPAN-FW-${name}` }
}

const LONGEST = 18

/**
 * The input for `iptables-restore --noflush` that gives a table as in `listing` (`iptables -S`) our rules and
 * removes our old ones; null when nothing must change. A restore is one transaction.
 */
export function firewallChange(family: Family, wish: FirewallWish, listing: string): string | null {
  const lines = listing.split('\n').map((line) => line.trim().replaceAll('"', ''))
  const chains = chainsOf(wish.instance)
  const wanted = jumps(wish, chains, lines.includes('-N DOCKER-USER') ? 'DOCKER-USER' : 'FORWARD')
  const present = lines.filter((line) => isJump(line, chains))
  const stale = present.filter((line, at) => !wanted.includes(line) || present.indexOf(line) !== at)
  const missing = wanted.filter((line) => !present.includes(line))
  const bodies = wish.networks.length === 0 ? [] : rules(family, wish, chains)
  const existing = [chains.input, chains.forward].filter((chain) => lines.includes(`-N ${chain}`))
  const old = lines.filter((line) => existing.some((chain) => line.startsWith(`-A ${chain} `)))
  const isRight = old.join('\n') === bodies.join('\n') && existing.length === (bodies.length > 0 ? 2 : 0)
  if (stale.length === 0 && missing.length === 0 && isRight) return null

  const make = bodies.length > 0 ? [chains.input, chains.forward] : existing
  return [
    '*filter',
    // Creates the chain, or empties it.
    ...make.map((chain) => `:${chain} - [0:0]`),
    ...bodies,
    ...stale.map((line) => line.replace(/^-A/, '-D')),
    ...missing.map((line) => line.replace(/^-A (\S+)/, '-I $1 1')),
    ...(bodies.length > 0 ? [] : existing.map((chain) => `-X ${chain}`)),
    'COMMIT',
    '',
  ].join('\n')
}

/** The lines of a listing that concern this instance. */
export function ownLines(instance: string, listing: string): string {
  const { input, forward } = chainsOf(instance)
  const lines = listing.split('\n')
  return lines.filter((line) => line.split(' ').some((word) => word === input || word === forward)).join('\n')
}

/**
 * The servers of a resolv.conf that are not on loopback. Docker itself asks those on loopback, from outside
 * the container.
 */
export function nameserversIn(resolvConf: string): readonly string[] {
  const found = [...resolvConf.matchAll(/^[ \t]*nameserver[ \t]+([0-9a-fA-F.:]{2,45})[ \t]*$/gm)]
  return found.flatMap(([, address = '']) => (/^127\.|^::1$/.test(address) ? [] : [address]))
}

type Chains = ReturnType<typeof chainsOf>

function jumps({ networks, instance }: FirewallWish, chains: Chains, forwardFrom: string): readonly string[] {
  return networks.flatMap(({ bridge }) => {
    const match = `-i ${bridge} -m comment --comment sampan-${instance}`
    return [`-A INPUT ${match} -j ${chains.input}`, `-A ${forwardFrom} ${match} -j ${chains.forward}`]
  })
}

function isJump(line: string, { input, forward }: Chains): boolean {
  return line.startsWith('-A ') && (line.endsWith(` -j ${input}`) || line.endsWith(` -j ${forward}`))
}

function rules(family: Family, wish: FirewallWish, chains: Chains): readonly string[] {
  const { host, reject, metadata, private: privateRanges, needed } = FACTS[family]
  const { settings, networks, nameservers } = wish
  const refused = `-j REJECT --reject-with ${reject}`
  const servers = [...new Set(nameservers)].filter((address) => address.includes(':') === (family === 'ipv6'))
  const names = servers.flatMap((address) => [
    `-d ${address}/${host} -p udp -m udp --dport 53 -j RETURN`,
    `-d ${address}/${host} -p tcp -m tcp --dport 53 -j RETURN`,
  ])
  const closed = [...metadata, ...(settings.privateNetworks === 'closed' ? privateRanges : [])]
  const gateways = family === 'ipv4' && settings.functionPort > 0 ? networks : []

  const input = [
    ANSWERS,
    ...needed,
    ...gateways.map(
      ({ gateway }) => `-d ${gateway}/${host} -p tcp -m tcp --dport ${settings.functionPort} -j RETURN`,
    ),
    ...names,
    ...settings.hostPorts.map(
      ({ protocol, port }) => `-p ${protocol} -m ${protocol} --dport ${port} -j RETURN`,
    ),
    refused,
  ]
  const forward = [ANSWERS, ...names, ...closed.map((range) => `-d ${range} ${refused}`)]
  return [
    ...input.map((rule) => `-A ${chains.input} ${rule}`),
    ...forward.map((rule) => `-A ${chains.forward} ${rule}`),
  ]
}

/** Six digits that distinguish long names (FNV-1a). */
function digest(text: string): string {
  let hash = 0x811c9dc5
  for (const character of text) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193)
  return (hash >>> 0).toString(16).padStart(8, '0').slice(0, 6)
}
