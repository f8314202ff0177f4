import * as v from 'valibot'
import { complaint, variableOf } from './config/setting.ts'
import { settings } from './config/settings.ts'

export type { ListenAddress } from './config/kinds.ts'

/** Every setting, checked. `docs/config.md` lists the variables; a test holds the two together. */
export type Config = Readonly<v.InferOutput<typeof settings>> & {
  /** Folders of programs, as the system has them. */
  readonly searchPath: string
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
  return Object.freeze({ ...output, dockerConfigDir, searchPath: env['PATH'] ?? '' })
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
  return config
}
