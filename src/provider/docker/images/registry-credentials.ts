import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../../../clock.ts'
import { messageOf } from '../../../core/errors.ts'
import type { Log } from '../../../log.ts'
import { runCredentialHelper } from './credential-helper.ts'
import type { AuthConfig } from '../engine/pull-request.ts'
import { DEFAULT_REGISTRY } from '../../../core/functions/image-reference.ts'

/** The key under which `docker login` stores the credentials of Docker Hub. */
const HUB_KEY = 'https://index.docker.io/v1/'
const HUB_HOSTS = ['index.docker.io', 'docker.io', 'registry-1.docker.io']

/**
 * Credentials for registries, from the file that `docker login` writes. The file is read at each pull, so a
 * later login takes effect at once. An unreadable file causes a warning and an anonymous pull, so that public
 * images still work.
 */
export class RegistryCredentials {
  readonly #dir: string | null
  readonly #clock: Clock
  readonly #log: Log

  /** `dir` is the folder with `config.json`; null means anonymous always. */
  constructor(options: { readonly dir: string | null; readonly clock: Clock; readonly log: Log }) {
    this.#dir = options.dir
    this.#clock = options.clock
    this.#log = options.log
  }

  /** Credentials for `registry` (`docker.io` or `HOST[:PORT]`), or undefined. Never throws. */
  async lookUp(registry: string): Promise<AuthConfig | undefined> {
    const config = await this.#read()
    if (config === null) return undefined

    const server = registry === DEFAULT_REGISTRY ? HUB_KEY : registry
    return (await this.#askHelper(config, registry, server)) ?? inlineCredentials(config, registry, server)
  }

  async #read(): Promise<Readonly<Record<string, unknown>> | null> {
    if (this.#dir === null) return null
    const file = join(this.#dir, 'config.json')
    try {
      const parsed: unknown = JSON.parse(await readFile(file, 'utf8'))
      if (isRecord(parsed)) return parsed
      throw new Error('it does not hold a JSON object')
    } catch (error) {
      const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
      // A JSON error quotes its input, which may contain a password, so the message only says that it is
      // malformed.
      const reason = error instanceof SyntaxError ? 'it is not JSON' : messageOf(error)
      if (!isMissing)
        this.#log.warn('registry credentials not readable, pulling without them', { file, reason })
      return null
    }
  }

  async #askHelper(
    config: Readonly<Record<string, unknown>>,
    registry: string,
    server: string,
  ): Promise<AuthConfig | undefined> {
    const perRegistry = isRecord(config['credHelpers']) ? config['credHelpers'] : {}
    const helper =
      keysOf(registry)
        .map((key) => perRegistry[key])
        .find(isText) ?? config['credsStore']
    if (!isText(helper)) return undefined

    try {
      const answer = await runCredentialHelper(helper, server, this.#clock)
      if (answer === null) return undefined
      // The name "<token>" says that the secret is an identity token (docker-credential-helpers protocol).
      return answer.username === '<token>'
        ? { identitytoken: answer.secret, serveraddress: server }
        : { username: answer.username, password: answer.secret, serveraddress: server }
    } catch (error) {
      this.#log.warn('registry credential helper failed', { helper, registry, reason: messageOf(error) })
      return undefined
    }
  }
}

/** Every key under which `config.json` may know the registry, best first. */
function keysOf(registry: string): readonly string[] {
  return registry === DEFAULT_REGISTRY ? [HUB_KEY, ...HUB_HOSTS] : [registry]
}

function inlineCredentials(
  config: Readonly<Record<string, unknown>>,
  registry: string,
  server: string,
): AuthConfig | undefined {
  const auths = isRecord(config['auths']) ? config['auths'] : {}
  const exact = keysOf(registry).find((key) => Object.hasOwn(auths, key))
  const hosts = registry === DEFAULT_REGISTRY ? HUB_HOSTS : [registry]
  const key = exact ?? Object.keys(auths).find((candidate) => hosts.includes(hostOf(candidate)))
  const entry = key === undefined ? undefined : auths[key]
  return isRecord(entry) ? toAuthConfig(entry, server) : undefined
}

function toAuthConfig(entry: Readonly<Record<string, unknown>>, server: string): AuthConfig | undefined {
  const { auth, username, password, identitytoken } = entry
  if (isText(identitytoken)) return { identitytoken, serveraddress: server }
  if (isText(username) && isText(password)) return { username, password, serveraddress: server }
  if (!isText(auth)) return undefined

  const plain = Buffer.from(auth, 'base64').toString('utf8')
  const colon = plain.indexOf(':')
  if (colon <= 0) return undefined
  // Old clients padded the password with NUL bytes; docker cuts them too.
  return {
    username: plain.slice(0, colon),
    password: withoutNul(plain.slice(colon + 1)),
    serveraddress: server,
  }
}

/** `https://host:port/v1/` and `host:port/path` both mean `host:port`. */
function hostOf(key: string): string {
  const [host = ''] = key.replace(/^https?:\/\//, '').split('/', 1)
  return host
}

/** Removes NUL bytes at both ends, in one step per character. */
function withoutNul(text: string): string {
  let [from, to] = [0, text.length]
  while (from < to && text[from] === '\0') from += 1
  while (to > from && text[to - 1] === '\0') to -= 1
  return text.slice(from, to)
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}
