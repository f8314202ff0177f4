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
  /** Longest head of a request, and of an answer, with all its lines. */
  readonly maxHeaderBytes: number
  /** Where the watchdog binaries are; null: beside the program. */
  readonly watchdogDir: string | null
  /** Folder on a tmpfs for the secrets of running functions; null: below /run or /dev/shm. */
  readonly runtimeDir: string | null
  /** Adds the label `faas_function` to statuses, which the certifier wants and `faas-cli diff` takes for a difference. */
  readonly faasFunctionLabel: boolean
  /** Folder of Docker's client settings, for registry credentials; null: `.docker` in the home folder. */
  readonly dockerConfigDir: string | null
  /** Port at which functions find the gateway under the name `gateway`. 0 switches those listeners off. */
  readonly functionPort: number
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
  const read = <T>(name: string, fallback: T, parse: (text: string) => T): T => {
    const text = env[name]?.trim()
    if (text === undefined || text === '') return fallback
    try {
      return parse(text)
    } catch (error) {
      problems.push(`${name}: ${error instanceof Error ? error.message : String(error)}`)
      return fallback
    }
  }

  const config: Config = {
    listen: read('SAMPAN_LISTEN', { host: '127.0.0.1', port: 8080 }, parseListen),
    metricsListen: read('SAMPAN_METRICS_LISTEN', { host: '127.0.0.1', port: 8082 }, parseListen),
    dataDir: read('SAMPAN_DATA_DIR', '/var/lib/sampan', parsePath),
    adminUser: read('SAMPAN_ADMIN_USER', 'admin', parseUser),
    adminPassword: read<string | null>('SAMPAN_ADMIN_PASSWORD', null, (text) => text),
    instance: read('SAMPAN_INSTANCE', 'default', parseInstance),
    dockerHost: read<string | null>('SAMPAN_DOCKER_HOST', null, parseDockerHost),
    logLevel: read('SAMPAN_LOG_LEVEL', env['DEBUG'] === '1' ? 'debug' : 'info', parseLogLevel),
    readTimeoutMs: read('SAMPAN_READ_TIMEOUT', 60_000, parseTimeout),
    writeTimeoutMs: read('SAMPAN_WRITE_TIMEOUT', 60_000, parseTimeout),
    upstreamTimeoutMs: read('SAMPAN_UPSTREAM_TIMEOUT', 60_000, parseTimeout),
    wakeTimeoutMs: read('SAMPAN_WAKE_TIMEOUT', 30_000, parseTimeout),
    maxHeaderBytes: read('SAMPAN_MAX_HEADER_BYTES', 65_536, parseHeaderBytes),
    watchdogDir: read<string | null>('SAMPAN_WATCHDOG_DIR', null, parsePath),
    runtimeDir: read<string | null>('SAMPAN_RUNTIME_DIR', null, parsePath),
    faasFunctionLabel: read('SAMPAN_FAAS_FUNCTION_LABEL', false, parseBoolean),
    dockerConfigDir: read<string | null>(
      'SAMPAN_DOCKER_CONFIG',
      env['DOCKER_CONFIG'] ?? homeDocker(env),
      parsePath,
    ),
    functionPort: read('SAMPAN_FUNCTION_PORT', 8080, parsePort),
  }

  if (problems.length > 0) throw new ConfigError(problems)
  return Object.freeze(config)
}

/** The environment of this process: the only place that reads it. */
export function configFromProcess(): Config {
  const config = readConfig(process.env)
  // Programs that the daemon runs, credential helpers for example, must not inherit it.
  delete process.env['SAMPAN_ADMIN_PASSWORD']
  return config
}

const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
}

/** Go-style duration (`1m30s`, `500ms`) or whole seconds, in milliseconds. Throws on anything else, negative ones included. */
export function parseDuration(text: string): number {
  if (/^\d+$/.test(text)) return Number(text) * 1_000
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)]
  if (parts.length === 0 || parts.map(([whole]) => whole).join('') !== text) {
    throw new Error(`${JSON.stringify(text)} is not a duration such as 30s, 1m30s or 500ms`)
  }
  return parts.reduce((sum, [, digits, unit]) => sum + Number(digits) * (UNIT_MS[unit ?? ''] ?? 0), 0)
}

/** A timer of Node takes no more: a longer one would ring at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

function parseTimeout(text: string): number {
  const ms = parseDuration(text)
  if (ms > LONGEST_TIMER_MS) throw new Error(`${JSON.stringify(text)} is longer than 24 days`)
  return ms
}

function parseHeaderBytes(text: string): number {
  if (!/^\d{1,8}$/.test(text) || Number(text) < 1_024 || Number(text) > 1_048_576)
    throw new Error(`${JSON.stringify(text)} is not a number of bytes from 1024 to 1048576`)
  return Number(text)
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

function parseLogLevel(text: string): LogLevel {
  const level = LOG_LEVELS.find((known) => known === text.toLowerCase())
  if (level === undefined) throw new Error(`${JSON.stringify(text)} is not one of ${LOG_LEVELS.join(', ')}`)
  return level
}
