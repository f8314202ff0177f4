import { parseDuration } from './core/duration.ts'
import { parseMemoryBytes } from './core/resources.ts'
import {
  type HostPort,
  parseBytes,
  parseHostPorts,
  parseLabelPrefixes,
  parseRuntimes,
  parseSeccomp,
  type SeccompChoice,
} from './core/host-settings.ts'
import { LOG_LEVELS, type LogLevel } from './log.ts'

/** Where a listener binds. Port 0 takes any free one. */
export interface ListenAddress {
  readonly host: string
  readonly port: number
}

/** Every setting, checked. `docs/config.md` lists the variables; a test holds the two together. */
export interface Config {
  readonly listen: ListenAddress
  readonly metricsListen: ListenAddress
  readonly dataDir: string
  readonly adminUser: string
  /** Null: read from, or generated into, the data folder. */
  readonly adminPassword: string | null
  readonly instance: string
  /** Null: the engine's usual socket. */
  readonly dockerHost: string | null
  readonly logLevel: LogLevel
  /** Longest time a client may leave a request unfinished without sending a byte. 0 means no limit. */
  readonly readTimeoutMs: number
  /** Longest time from the end of the request headers to the end of the answer. 0 means no limit. */
  readonly writeTimeoutMs: number
  /** Longest time a function may take to begin its answer. 0 means no limit. */
  readonly upstreamTimeoutMs: number
  /** Longest time a call waits for a replica to be ready. */
  readonly wakeTimeoutMs: number
  /** Where the watchdog binaries are; null: beside the program. */
  readonly watchdogDir: string | null
  /** Folder on a tmpfs for the secrets of running functions; null: below /run or /dev/shm. */
  readonly runtimeDir: string | null
  /** Adds the label `faas_function` to statuses, which the certifier wants and `faas-cli diff` takes for a difference. */
  readonly faasFunctionLabel: boolean
  /** Folder of Docker's client settings, for registry credentials; null: `.docker` in the home folder. */
  readonly dockerConfigDir: string | null
  /** How long an answer may not move when the client has closed its sending side. 0 means no limit. */
  readonly halfClosedMs: number
  /** Longest head of a request, or of a function's answer, bytes. */
  readonly maxHeaderBytes: number
  /** Unfinished request heads of all clients together, bytes. */
  readonly headerBudgetBytes: number
  /** Parts of request bodies that wait for their functions, of all clients together, bytes. */
  readonly bodyBudgetBytes: number
  /** Clients' connections, all together. */
  readonly maxConnections: number
  /** Connections of one client network; null: three quarters of all. */
  readonly maxConnectionsPerClient: number | null
  /** Calls under way, all together. */
  readonly maxCalls: number
  /** Calls under way of one function. */
  readonly maxCallsPerFunction: number
  /** Port at which functions find the gateway under the name `gateway`. 0 switches those listeners off. */
  readonly functionPort: number
  /**
   * Further names in `Host` that the gateway answers to, in lower case; `*.` before a name: all below it,
   * `*`: any.
   */
  readonly allowedHosts: readonly string[]
  /** Passes header names on that have other characters than letters, digits and hyphens. */
  readonly keepOddHeaders: boolean
  /** What the bodies of all API requests may hold in memory together. */
  readonly apiBodyBytes: number
  /** Memory limit of a function that names none, in bytes. 0 means none. */
  readonly functionMemoryBytes: number
  /** Most that a container may write to its own file system, in bytes, where the storage driver can bound it. 0 means no bound. */
  readonly functionDiskBytes: number
  /** Which seccomp profile functions run under. */
  readonly seccompProfile: SeccompChoice
  /** Container runtimes that a deployment may choose by annotation. */
  readonly runtimes: readonly string[]
  /** Beginnings of labels that containers carry as well as their function. */
  readonly containerLabels: readonly string[]
  /** `auto`: rules that keep functions from the host's services, where the daemon may set them. */
  readonly firewall: 'auto' | 'off'
  /** Ports of the host that functions may use all the same. */
  readonly hostPorts: readonly HostPort[]
  /** Whether functions reach private addresses beyond the host. */
  readonly privateNetworks: 'open' | 'closed'
  /** Longest packet on the networks of functions, bytes; null: as on the engine's default network. */
  readonly networkMtu: number | null
  /** Ids of registries whose containers and networks this one takes over; `unmarked`: those without an id. */
  readonly takeOver: readonly string[]
}

/** Thrown by `readConfig`: all problems, a line each. */
export class ConfigError extends Error {
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.name = 'ConfigError'
    this.problems = problems
  }
}

type Environment = Readonly<Record<string, string | undefined>>

/** Environment to settings. Pure; throws one `ConfigError` with every problem; a malformed value is never the default. */
export function readConfig(env: Environment): Config {
  const problems: string[] = []
  const read = readerOf(env, problems)
  const config: Config = {
    listen: read('SAMPAN_LISTEN', { host: '127.0.0.1', port: 8080 }, parseListen),
    metricsListen: read('SAMPAN_METRICS_LISTEN', { host: '127.0.0.1', port: 8082 }, parseListen),
    dataDir: read('SAMPAN_DATA_DIR', '/var/lib/sampan', parsePath),
    adminUser: read('SAMPAN_ADMIN_USER', 'admin', parseUser),
    adminPassword: read<string | null>('SAMPAN_ADMIN_PASSWORD', null, (text) => text),
    instance: read('SAMPAN_INSTANCE', 'default', parseInstance),
    dockerHost: read<string | null>('SAMPAN_DOCKER_HOST', null, parseDockerHost),
    logLevel: read('SAMPAN_LOG_LEVEL', env['DEBUG'] === '1' ? 'debug' : 'info', oneOf(...LOG_LEVELS)),
    readTimeoutMs: read('SAMPAN_READ_TIMEOUT', 60_000, parseTimeout),
    writeTimeoutMs: read('SAMPAN_WRITE_TIMEOUT', 60_000, parseTimeout),
    upstreamTimeoutMs: read('SAMPAN_UPSTREAM_TIMEOUT', 60_000, parseTimeout),
    wakeTimeoutMs: read('SAMPAN_WAKE_TIMEOUT', 30_000, parseTimeout),
    watchdogDir: read<string | null>('SAMPAN_WATCHDOG_DIR', null, parsePath),
    runtimeDir: read<string | null>('SAMPAN_RUNTIME_DIR', null, parsePath),
    faasFunctionLabel: read('SAMPAN_FAAS_FUNCTION_LABEL', false, parseBoolean),
    dockerConfigDir: read<string | null>(
      'SAMPAN_DOCKER_CONFIG',
      env['DOCKER_CONFIG'] ?? homeDocker(env),
      parsePath,
    ),
    functionPort: read('SAMPAN_FUNCTION_PORT', 8080, parsePort),
    halfClosedMs: read('SAMPAN_HALF_CLOSED_TIMEOUT', 5_000, parseTimeout),
    maxHeaderBytes: read('SAMPAN_MAX_HEADER_BYTES', 64 * 1024, bytesWithin(1_024, 2 ** 20)),
    headerBudgetBytes: read('SAMPAN_HEADER_BUDGET', 8 * MEBIBYTE, bytesWithin(64 * 1024, 2 ** 32)),
    bodyBudgetBytes: read('SAMPAN_BODY_BUDGET', 32 * MEBIBYTE, bytesWithin(2 ** 20, 2 ** 36)),
    maxConnections: read('SAMPAN_MAX_CONNECTIONS', 10_000, parseCount),
    maxConnectionsPerClient: read<number | null>('SAMPAN_MAX_CONNECTIONS_PER_CLIENT', null, parseCount),
    maxCalls: read('SAMPAN_MAX_CALLS', 1_500, parseCount),
    maxCallsPerFunction: read('SAMPAN_MAX_CALLS_PER_FUNCTION', 1_000, parseCount),
    allowedHosts: read<readonly string[]>('SAMPAN_ALLOWED_HOSTS', [], parseHosts),
    keepOddHeaders: read('SAMPAN_KEEP_ODD_HEADERS', false, parseBoolean),
    // Less would have no room for a secret as large as one may be.
    apiBodyBytes: read('SAMPAN_API_BODY_MEMORY', 32 * MEBIBYTE, bytesWithin(8 * MEBIBYTE, 2 ** 36)),
    functionMemoryBytes: read('SAMPAN_FUNCTION_MEMORY', 512 * 2 ** 20, parseBytes),
    functionDiskBytes: read('SAMPAN_FUNCTION_DISK', 10 * 2 ** 30, parseBytes),
    seccompProfile: read<SeccompChoice>('SAMPAN_SECCOMP_PROFILE', { use: 'ours' }, parseSeccomp),
    runtimes: read<readonly string[]>('SAMPAN_RUNTIMES', [], parseRuntimes),
    containerLabels: read<readonly string[]>('SAMPAN_CONTAINER_LABELS', [], parseLabelPrefixes),
    firewall: read<'auto' | 'off'>('SAMPAN_FIREWALL', 'auto', oneOf('auto', 'off')),
    hostPorts: read<readonly HostPort[]>('SAMPAN_HOST_PORTS', [], parseHostPorts),
    privateNetworks: read<'open' | 'closed'>('SAMPAN_PRIVATE_NETWORKS', 'open', oneOf('open', 'closed')),
    networkMtu: read<number | null>('SAMPAN_NETWORK_MTU', null, parseMtu),
    takeOver: read<readonly string[]>('SAMPAN_TAKE_OVER', [], parseOwners),
  }

  if (problems.length > 0) throw new ConfigError(problems)
  return Object.freeze(config)
}

type Read = <T>(name: string, fallback: T, parse: (text: string) => T) => T

/** Reads one variable; what is wrong with it becomes a line of `problems`. */
function readerOf(env: Environment, problems: string[]): Read {
  return (name, fallback, parse) => {
    const text = env[name]?.trim()
    if (text === undefined || text === '') return fallback
    try {
      return parse(text)
    } catch (error) {
      problems.push(`${name}: ${error instanceof Error ? error.message : String(error)}`)
      return fallback
    }
  }
}

/** The environment of this process: the only place that reads it. */
export function configFromProcess(): Config {
  const config = readConfig(process.env)
  // Programs that the daemon runs, credential helpers for example, must not inherit it.
  delete process.env['SAMPAN_ADMIN_PASSWORD']
  return config
}

/** A timer of Node takes no more: a longer one would ring at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

function parseTimeout(text: string): number {
  const ms = parseDuration(text)
  if (ms > LONGEST_TIMER_MS) throw new Error(`${JSON.stringify(text)} is longer than 24 days`)
  return ms
}

const MEBIBYTE = 1024 * 1024

/** A number of bytes within these bounds: `65536`, `64Ki`, `8Mi`. */
function bytesWithin(least: number, most: number): (text: string) => number {
  return (text) => {
    const bytes = parseMemoryBytes('value', text)
    if (bytes >= least && bytes <= most) return bytes
    throw new Error(`${JSON.stringify(text)} is not a size from ${least} to ${most} bytes`)
  }
}

function parseCount(text: string): number {
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text)
  throw new Error(`${JSON.stringify(text)} is not a number from 1 to 9999999`)
}

function parseListen(text: string): ListenAddress {
  const colon = text.lastIndexOf(':')
  if (colon < 0) throw new Error(`${JSON.stringify(text)} is not HOST:PORT`)
  const host = text.slice(0, colon).replace(/^\[(.*)\]$/, '$1')
  return { host: host === '' ? '0.0.0.0' : host, port: parsePort(text.slice(colon + 1)) }
}

function parsePort(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) {
    throw new Error(`${JSON.stringify(text)} is not a port from 0 to 65535`)
  }
  return Number(text)
}

/** IPv4 wants 576 at least (RFC 791); a bridge takes no more than 65535. */
function parseMtu(text: string): number {
  const mtu = /^\d{3,5}$/.test(text) ? Number(text) : 0
  if (mtu >= 576 && mtu <= 65_535) return mtu
  throw new Error(`${JSON.stringify(text)} is not a number of bytes from 576 to 65535`)
}

function parseOwners(text: string): readonly string[] {
  const ids = text.split(',').map((id) => id.trim().toLowerCase())
  for (const id of ids) {
    if (!/^(?:[0-9a-f]{32}|unmarked)$/.test(id))
      throw new Error(
        `${JSON.stringify(id)} is not the id of a registry, 32 digits from 0 to f, nor unmarked`,
      )
  }
  return ids
}

/** Without ports: `Host` is compared by its name. */
function parseHosts(text: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim().toLowerCase())
  for (const name of names) {
    if (!/^(?:\*|(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*)$/.test(name))
      throw new Error(`${JSON.stringify(name)} is not a host name, *.NAME or *`)
  }
  return names
}

function oneOf<T extends string>(...words: readonly T[]): (text: string) => T {
  return (text) => {
    const word = words.find((known) => known === text.toLowerCase())
    if (word === undefined) throw new Error(`${JSON.stringify(text)} is not one of ${words.join(', ')}`)
    return word
  }
}

function parseBoolean(text: string): boolean {
  if (/^(true|1|yes|on)$/i.test(text)) return true
  if (/^(false|0|no|off)$/i.test(text)) return false
  throw new Error(`${JSON.stringify(text)} is neither true nor false`)
}

/** Where Docker's own client keeps its settings when nothing says otherwise. */
function homeDocker(env: Environment): string | null {
  return env['HOME'] === undefined ? null : `${env['HOME']}/.docker`
}

function parsePath(text: string): string {
  if (!text.startsWith('/')) throw new Error(`${JSON.stringify(text)} must be an absolute path`)
  return text
}

function parseUser(text: string): string {
  if (text.includes(':')) throw new Error('a user name cannot contain a colon (basic authentication)')
  return text
}

/** Becomes part of container and network names. */
function parseInstance(text: string): string {
  if (!/^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/.test(text)) {
    throw new Error(`${JSON.stringify(text)} must be 1 to 32 lower-case letters, digits or '-'`)
  }
  return text
}

function parseDockerHost(text: string): string {
  if (!/^(unix:\/\/\/|tcp:\/\/|https?:\/\/|\/)/.test(text)) {
    const way = text.startsWith('ssh://') ? '; over SSH it cannot work, see docs/config.md' : ''
    throw new Error(`${JSON.stringify(text)} must begin with unix:///, tcp://, http:// or https://${way}`)
  }
  return text
}
