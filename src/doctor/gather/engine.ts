import { request } from 'node:http'
import type { EngineFacts } from '../facts.ts'

/** Most of an answer that is read: a list of containers is the longest. */
const MOST_BYTES = 16 * 1024 * 1024
const USUAL_SOCKET = '/var/run/docker.sock'

type Json = Readonly<Record<string, unknown>>

/** Where the engine is, as `SAMPAN_DOCKER_HOST` has it. */
interface Address {
  readonly shown: string
  readonly options: { readonly socketPath: string } | { readonly host: string; readonly port: string }
}

/** Asks an engine what it is, by plain requests: it may be any program behind the socket. Never rejects. */
export async function engineFacts(dockerHost: string | null, signal: AbortSignal): Promise<EngineFacts> {
  const address = addressOf(dockerHost)
  try {
    const version = await ask(address, '/version', signal)
    const info = await ask(address, `/v${textOf(version, 'ApiVersion') || '1.41'}/info`, signal)
    return read(address.shown, version, info)
  } catch (error) {
    return { ...read(address.shown, {}, {}), problem: problemOf(error, signal) }
  }
}

/** `NAME.NAMESPACE` of each container of an instance; null when the engine does not say. */
export async function containersOf(
  dockerHost: string | null,
  instance: string,
  signal: AbortSignal,
): Promise<readonly string[] | null> {
  const filters = encodeURIComponent(JSON.stringify({ label: [`com.sampan.instance=${instance}`] }))
  try {
    const listed = await ask(addressOf(dockerHost), `/containers/json?all=1&filters=${filters}`, signal)
    if (!Array.isArray(listed)) return null
    return listed.map((one: { readonly Labels?: Readonly<Record<string, string>> }) =>
      [one.Labels?.['com.sampan.function'], one.Labels?.['com.sampan.namespace']].join('.'),
    )
  } catch {
    return null
  }
}

function read(address: string, version: Json, info: Json): EngineFacts {
  const options = listOf(info, 'SecurityOptions').map(String)
  const parts = listOf(version, 'Components') as readonly { readonly Name?: string }[]
  return {
    address,
    problem: '',
    name: textOf(info, 'Name'),
    version: textOf(version, 'Version'),
    apiVersion: textOf(version, 'ApiVersion'),
    minApiVersion: textOf(version, 'MinAPIVersion'),
    arch: textOf(info, 'Architecture'),
    kernel: textOf(info, 'KernelVersion'),
    memoryBytes: typeof info['MemTotal'] === 'number' ? info['MemTotal'] : null,
    cgroupVersion: textOf(info, 'CgroupVersion') || '1',
    limitsMemory: info['MemoryLimit'] === true,
    limitsProcesses: info['PidsLimit'] === true,
    liveRestore: info['LiveRestoreEnabled'] === true,
    isRootless: options.some((option) => option.includes('name=rootless')),
    components: parts.map(({ Name = '' }) => Name),
    operatingSystem: textOf(info, 'OperatingSystem'),
    root: textOf(info, 'DockerRootDir'),
    storageDriver: textOf(info, 'Driver'),
  }
}

function textOf(of: Json, field: string): string {
  const value = of[field]
  return typeof value === 'string' ? value : ''
}

function listOf(of: Json, field: string): readonly unknown[] {
  const value = of[field]
  return Array.isArray(value) ? value : []
}

function addressOf(dockerHost: string | null): Address {
  const text = dockerHost ?? USUAL_SOCKET
  const socketPath = text.replace(/^unix:\/\//, '')
  if (socketPath.startsWith('/')) return { shown: socketPath, options: { socketPath } }
  const url = new URL(text.replace(/^tcp:/, 'http:'))
  return { shown: text, options: { host: url.hostname, port: url.port || '2375' } }
}

function ask({ options }: Address, path: string, signal: AbortSignal): Promise<Json> {
  return new Promise((resolve, reject) => {
    const asking = request({ ...options, path, signal, agent: false }, (answer) => {
      const chunks: Buffer[] = []
      let bytes = 0
      answer.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes > MOST_BYTES) asking.destroy(new Error('its answer is too long'))
        else chunks.push(chunk)
      })
      answer.on('error', reject)
      answer.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8')
        if (answer.statusCode !== 200)
          return reject(new Error(`status ${answer.statusCode}: ${text.slice(0, 200)}`))
        try {
          resolve(JSON.parse(text) as Json)
        } catch {
          reject(new Error('what listens there is no Docker engine'))
        }
      })
    })
    asking.on('error', reject)
    asking.end()
  })
}

function problemOf(error: unknown, signal: AbortSignal): string {
  if (signal.aborted) return 'timeout: it does not answer'
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code
  return error instanceof Error ? error.message : String(error)
}
