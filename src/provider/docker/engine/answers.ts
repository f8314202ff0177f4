import type { Usage } from '../../../core/provider/provider.ts'
import { field, list, number, strings, text, words } from './untrusted.ts'

/**
 * The engine's answers, reduced to what we use. The engine has another version or is another product, so
 * every field is optional until it was checked. Pure; called by `engine.ts` only.
 */

export interface EngineVersion {
  readonly version: string
  /** Highest and lowest API version that it speaks, such as `1.41`. */
  readonly apiVersion: string
  readonly minApiVersion: string
  readonly architecture: string
  readonly os: string
  /** Cores of the machine; 0 when not known. */
  readonly cpus: number
  readonly abilities: EngineAbilities
}

/** Optional abilities of this engine on this host. */
export interface EngineAbilities {
  readonly isPodman: boolean
  /**
   * Whether the kernel's memory controller is on. On Raspberry Pi OS it is off unless the kernel's command
   * line enables it.
   */
  readonly limitsMemory: boolean
  readonly hasSeccomp: boolean
  /** Names of its configured container runtimes. */
  readonly runtimes: readonly string[]
  /**
   * Whether its storage driver may be able to limit the writable layer: overlay2 on XFS can, if mounted with
   * `pquota`, which the engine does not tell.
   */
  readonly mayLimitDisk: boolean
}

/** A container as the list shows it. */
export interface ContainerSummary {
  readonly id: string
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  /** `created` `running` `paused` `restarting` `removing` `exited` `dead`. */
  readonly state: string
  readonly createdAtMs: number
  /**
   * Addresses by network name. Empty while it does not run, or after it was taken out of its network by hand.
   */
  readonly addresses: Readonly<Record<string, string>>
}

/** The details of a container. */
export interface ContainerDetails {
  readonly state: string
  /** PID of its first process on the engine's host; 0 when it does not run. */
  readonly pid: number
  readonly exitCode: number
  readonly oomKilled: boolean
  /** Why the engine could not start it; usually empty. */
  readonly error: string
  readonly addresses: Readonly<Record<string, string>>
}

export interface NetworkSummary {
  readonly id: string
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly subnet: string
  /** The host's own address in the network; empty when the engine does not tell. */
  readonly gateway: string
  /** Name of the bridge interface on the host. */
  readonly bridge: string
  readonly hasIpv6: boolean
  /** MTU, bytes. */
  readonly mtu: number
}

/** The details of a network. */
export interface NetworkDetails {
  readonly mtu: number
  /** Containers that run in it. */
  readonly attached: number
}

export const MTU_OPTION = 'com.docker.network.driver.mtu'
/** The default MTU of a bridge network. */
export const USUAL_MTU = 1_500

/** An image of the engine: the properties that decide how it is run. */
export interface ImageFacts {
  readonly id: string
  readonly architecture: string
  readonly os: string
  readonly entrypoint: readonly string[]
  readonly cmd: readonly string[]
  readonly env: readonly string[]
  readonly user: string
  /** `REPOSITORY@DIGEST` for each registry that it was pulled from or pushed to. */
  readonly repoDigests: readonly string[]
}

export function readVersion(answer: unknown, info: unknown): EngineVersion {
  return {
    version: text(answer, 'Version') || 'unknown',
    apiVersion: text(answer, 'ApiVersion'),
    minApiVersion: text(answer, 'MinAPIVersion'),
    architecture: text(answer, 'Arch'),
    os: text(answer, 'Os'),
    cpus: number(info, 'NCPU'),
    abilities: readAbilities(answer, info),
  }
}

function readAbilities(version: unknown, info: unknown): EngineAbilities {
  const isPodman = list(field(version, 'Components')).some((part) => /podman/i.test(text(part, 'Name')))
  const status = new Map(
    list(field(info, 'DriverStatus')).map((pair) => [text(list(pair)[0]), text(list(pair)[1])]),
  )
  return {
    isPodman,
    // Only an explicit false counts; an engine that does not tell is assumed to have it.
    limitsMemory: field(info, 'MemoryLimit') !== false,
    hasSeccomp: words(field(info, 'SecurityOptions')).some((option) => option.includes('name=seccomp')),
    runtimes: Object.keys(field(info, 'Runtimes') ?? {}),
    mayLimitDisk: text(info, 'Driver') === 'overlay2' && status.get('Backing Filesystem') === 'xfs',
  }
}

export function readContainers(answer: unknown): ContainerSummary[] {
  return list(answer).map((item) => ({
    id: text(item, 'Id'),
    name: text(list(field(item, 'Names'))[0]).replace(/^\//, ''),
    labels: strings(field(item, 'Labels')),
    state: text(item, 'State').toLowerCase(),
    createdAtMs: number(item, 'Created') * 1_000,
    addresses: readAddresses(item),
  }))
}

export function readContainer(answer: unknown): ContainerDetails {
  const state = field(answer, 'State')
  return {
    state: text(state, 'Status').toLowerCase(),
    pid: number(state, 'Pid'),
    exitCode: number(state, 'ExitCode'),
    oomKilled: field(state, 'OOMKilled') === true,
    error: text(state, 'Error'),
    addresses: readAddresses(answer),
  }
}

export function readNetworks(answer: unknown): NetworkSummary[] {
  return list(answer).map((item) => {
    const pool = list(field(field(item, 'IPAM'), 'Config'))[0]
    return {
      id: text(item, 'Id'),
      name: text(item, 'Name'),
      labels: strings(field(item, 'Labels')),
      subnet: text(pool, 'Subnet'),
      gateway: text(pool, 'Gateway'),
      bridge: bridgeOf(item),
      hasIpv6: field(item, 'EnableIPv6') === true,
      mtu: mtuOf(item),
    }
  })
}

export function readNetwork(answer: unknown): NetworkDetails {
  return { mtu: mtuOf(answer), attached: Object.keys(field(answer, 'Containers') ?? {}).length }
}

function mtuOf(network: unknown): number {
  return Number(text(field(network, 'Options'), MTU_OPTION)) || USUAL_MTU
}

/** Docker's naming scheme, unless the network was created with an explicit bridge name. */
function bridgeOf(network: unknown): string {
  const given = text(field(network, 'Options'), 'com.docker.network.bridge.name')
  return given || `br-${text(network, 'Id').slice(0, 12)}`
}

export function readImage(answer: unknown): ImageFacts {
  const config = field(answer, 'Config')
  return {
    id: text(answer, 'Id'),
    architecture: text(answer, 'Architecture'),
    os: text(answer, 'Os'),
    entrypoint: words(field(config, 'Entrypoint')),
    cmd: words(field(config, 'Cmd')),
    env: words(field(config, 'Env')),
    user: text(config, 'User'),
    repoDigests: words(field(answer, 'RepoDigests')),
  }
}

/**
 * Usage from one answer of `stats`, which includes the previous sample. Memory is without the page cache that
 * the kernel can reclaim.
 */
export function readUsage(answer: unknown): Usage {
  const cpu = (key: string) => number(field(field(answer, key), 'cpu_usage'), 'total_usage')
  const seconds = (Date.parse(text(answer, 'read')) - Date.parse(text(answer, 'preread'))) / 1_000
  const nanos = cpu('cpu_stats') - cpu('precpu_stats')

  const memory = field(answer, 'memory_stats')
  const details = field(memory, 'stats')
  // cgroup v1 calls it total_inactive_file, v2 inactive_file.
  const cache = number(details, 'total_inactive_file') || number(details, 'inactive_file')
  return {
    cpuMillicores: seconds > 0 && nanos > 0 ? nanos / 1e6 / seconds : 0,
    memoryBytes: Math.max(0, number(memory, 'usage') - cache),
  }
}

/** Network modes that are not the name of a network. */
const NAMELESS = new Set(['', 'default', 'bridge'])

function readAddresses(container: unknown): Record<string, string> {
  const networks = field(field(container, 'NetworkSettings'), 'Networks')
  const addresses: Record<string, string> = {}
  if (typeof networks !== 'object' || networks === null) return addresses
  const home = text(field(container, 'HostConfig'), 'NetworkMode')
  for (const [name, endpoint] of Object.entries(networks)) {
    // Other networks were added by hand. Podman does not tell which one was first.
    if (name !== home && !NAMELESS.has(home)) continue
    const address = text(endpoint, 'IPAddress')
    if (address !== '') addresses[name] = address
  }
  return addresses
}

/** Selects a part of a container's log. */
export interface LogStreamOptions {
  readonly follow: boolean
  readonly stdout: boolean
  readonly stderr: boolean
  readonly timestamps: boolean
  /** Messages from the end; absent means all. */
  readonly tail?: number
  /** Seconds since the epoch, with a fraction. */
  readonly since?: number
}
