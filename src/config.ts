import * as v from 'valibot'
import { complaint, variableOf } from './config/setting.ts'
import { settings } from './config/settings.ts'

export type { ListenAddress } from './config/kinds.ts'

/** Every setting, checked. `docs/config.md` lists the variables; a test holds the two together. */
export type Config = Readonly<v.InferOutput<typeof settings>> & {
  /** Folders of programs, as the system has them. */
  readonly searchPath: string
  /** Descriptor of a socket that listens already, for the gateway; null: none was handed over. */
  readonly listenDescriptor: number | null
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

/**
 * Environment to settings. Pure; throws one `ConfigError` with every problem; a malformed value is never the
 * default.
 */
export function readConfig(env: Environment): Config {
  const texts = Object.entries(settings.entries).map(([field, schema]) => [
    field,
    textOf(env, variableOf(schema)),
  ])
  const { success, output, issues } = v.safeParse(settings, Object.fromEntries(texts), {
    abortPipeEarly: true,
  })
  if (!success) throw new ConfigError(issues.map((issue) => complaint(issue, settings.entries)))
  const dockerConfigDir = output.dockerConfigDir ?? usualDockerConfig(env)
  const listenDescriptor = handedOver(env)
  return Object.freeze({ ...output, dockerConfigDir, searchPath: env['PATH'] ?? '', listenDescriptor })
}

/** Where sockets that a service manager hands over begin (sd_listen_fds(3)). */
const FIRST_DESCRIPTOR = 3

/**
 * The gateway's socket, where the service manager opened it (`systemd/sampan.socket`): it is there while no daemon runs, and
 * the system keeps connections until the next one takes them. Null where none is meant for this process.
 */
function handedOver(env: Environment): number | null {
  if (env['LISTEN_PID'] !== String(process.pid)) return null
  const count = env['LISTEN_FDS'] ?? '0'
  if (count === '1') return FIRST_DESCRIPTOR
  throw new ConfigError([
    `LISTEN_FDS: ${count} sockets were handed over, and one is expected: that of the gateway`,
  ])
}

/** Undefined for a variable that is unset, or blank. */
function textOf(env: Environment, variable: string): string | undefined {
  const text = env[variable]?.trim()
  if (text !== undefined && text !== '') return text
  return variable === 'SAMPAN_LOG_LEVEL' && env['DEBUG'] === '1' ? 'debug' : undefined
}

/** Where Docker's own client keeps its settings when nothing else is said. */
function usualDockerConfig(env: Environment): string | null {
  return env['DOCKER_CONFIG'] ?? (env['HOME'] === undefined ? null : `${env['HOME']}/.docker`)
}

/** The environment of this process: the only place that reads it. */
export function configFromProcess(): Config {
  const config = readConfig(process.env)
  // Programs that the daemon runs, credential helpers for example, must not inherit it.
  delete process.env['SAMPAN_ADMIN_PASSWORD']
  for (const name of ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES']) delete process.env[name]
  return config
}
