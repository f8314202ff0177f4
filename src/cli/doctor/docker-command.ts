import { execFile } from 'node:child_process'
import { request } from 'node:http'
import { envOf, type Session } from '../session.ts'

/** A Docker engine as it describes itself. */
export interface EngineVersion {
  readonly version: string
  readonly os: string
  /** As Go spells it, e.g. `arm64`. */
  readonly arch: string
}

/** Why there is none, and whether a `docker` command was there to ask. */
export interface NoEngine {
  readonly reason: string
  readonly hasCommand: boolean
}

const TIMEOUT_MS = 5_000

const USUAL_SOCKET = '/var/run/docker.sock'

/** The engine that `docker` speaks to; without that command, the one behind the socket. */
export async function engineVersion(session: Session): Promise<EngineVersion | NoEngine> {
  const asked = await docker(session, ['version', '--format', '{{json .Server}}'])
  if (asked === null) return overSocket(session)
  if (asked.failure === '') {
    const { Version = '', Os = '', Arch = '' } = (readJson(asked.output) ?? {}) as Record<string, string>
    if (Version !== '') return { version: Version, os: Os, arch: Arch }
  }
  return { reason: asked.failure || 'docker version names no server', hasCommand: true }
}

/** Null: there is no `docker` command. */
export async function buildxVersion(session: Session): Promise<{ readonly text: string } | 'absent' | null> {
  const asked = await docker(session, ['buildx', 'version'])
  if (asked === null) return null
  return asked.failure === '' ? { text: asked.output.trim() } : 'absent'
}

/** Where the engine keeps images; empty when it does not say. */
export async function engineFolder(session: Session): Promise<string> {
  const asked = await docker(session, ['info', '--format', '{{.DockerRootDir}}'])
  return asked === null || asked.failure !== '' ? '' : asked.output.trim()
}

/** Names and ids of the images of the engine; null when it does not say. */
export async function engineImages(session: Session): Promise<ReadonlySet<string> | null> {
  const asked = await docker(session, [
    'images',
    '--no-trunc',
    '--format',
    '{{.Repository}}:{{.Tag}}\n{{.ID}}',
  ])
  return asked === null || asked.failure !== '' ? null : new Set(asked.output.split('\n'))
}

/** Null: there is no such command. */
function docker(
  { env, cwd, signal }: Session,
  words: readonly string[],
): Promise<{ readonly output: string; readonly failure: string } | null> {
  return new Promise((resolve) => {
    const options = { env: { ...env }, cwd, signal, timeout: TIMEOUT_MS }
    execFile('docker', words, options, (error, stdout, stderr) => {
      if (error === null) return resolve({ output: stdout, failure: '' })
      if (error.code === 'ENOENT') return resolve(null)
      const said = stderr.trim().split('\n').at(-1) ?? ''
      resolve({
        output: '',
        failure: error.killed === true ? 'docker does not answer' : said || error.message,
      })
    })
  })
}

function overSocket(session: Session): Promise<EngineVersion | NoEngine> {
  const host = envOf(session, 'DOCKER_HOST')
  const socketPath = host.startsWith('unix://') ? host.slice('unix://'.length) : USUAL_SOCKET
  const { signal } = session
  return new Promise((resolve) => {
    const none = (reason: string): void => resolve({ reason, hasCommand: false })
    if (host !== '' && !host.startsWith('unix://'))
      return none(`there is no docker command to reach ${host} with`)
    const asking = request({ socketPath, path: '/version', signal, timeout: TIMEOUT_MS }, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('error', (error) => none(error.message))
      answer.on('end', () => {
        const { Version, Os, Arch } = (readJson(Buffer.concat(chunks).toString('utf8')) ?? {}) as Record<
          string,
          string
        >
        if (Version === undefined) return none(`${socketPath} is no Docker engine`)
        resolve({ version: Version, os: Os ?? '', arch: Arch ?? '' })
      })
    })
    asking.on('timeout', () => asking.destroy(new Error(`${socketPath} does not answer`)))
    asking.on('error', (error) => none(error.message))
    asking.end()
  })
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
