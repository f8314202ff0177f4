import { open, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Config } from '../../config.ts'
import { REGISTRY_SCHEMA } from '../../registry/migrations.ts'
import type {
  DaemonFacts,
  EngineFacts,
  Facts,
  FolderFacts,
  KeptFacts,
  ServiceFacts,
  SettingFacts,
} from '../facts.ts'
import { containersOf, engineFacts } from './engine.ts'
import { folderFacts } from './folder.ts'
import { machineFacts } from './machine.ts'
import { outputOf } from './program.ts'

/** What the daemon adds of its own: everything but what the engine says of its containers. */
export type OwnFacts = Omit<DaemonFacts, 'containers'>

export interface Look {
  readonly config: Config
  /** What is wrong with the settings: then `config` has defaults in their place. */
  readonly problems: readonly string[]
  /** Null: the look is from outside, and the daemon does not run. */
  readonly own: OwnFacts | null
  readonly nowMs: number
  /** Ends what takes too long; what was not seen by then counts as unknown. */
  readonly signal: AbortSignal
}

/** Where SQLite keeps `user_version` in the head of a file (its file format, 1.3). */
const VERSION_AT = 60
const HEAD_BYTES = 64
const RUNTIME_FOLDERS = ['/run/sampan', '/dev/shm/sampan']

/** Looks at this host. Reads, asks and writes nothing. Never rejects. */
export async function gatherFacts({ config, problems, own, nowMs, signal }: Look): Promise<Facts> {
  const { dataDir, dockerHost, instance } = config
  const watchdogPath = config.watchdogDir ?? fileURLToPath(new URL('../../../watchdog', import.meta.url))
  const [machine, engine, data, runtime, watchdogs, kept, binding, service, containers] = await Promise.all([
    machineFacts(nowMs, signal),
    engineFacts(dockerHost, signal),
    folderFacts(dataDir),
    runtimeFolder(config.runtimeDir),
    watchdogsIn(watchdogPath),
    keptFacts(dataDir, own !== null),
    own === null ? bindingFacts(signal) : null,
    own === null ? serviceFacts(signal) : null,
    own === null ? null : containersOf(dockerHost, instance, signal),
  ])
  return {
    machine,
    engine,
    data,
    runtime,
    engineDisk: await engineDisk(engine),
    settings: settingFacts(config, problems, watchdogPath),
    kept,
    watchdogs,
    binding,
    service,
    daemon: own === null ? null : { ...own, containers },
  }
}

function settingFacts(config: Config, problems: readonly string[], watchdogPath: string): SettingFacts {
  return {
    problems,
    listenHost: config.listen.host,
    functionPort: config.functionPort,
    instance: config.instance,
    watchdogDir: config.watchdogDir,
    watchdogPath,
    runtimeDir: config.runtimeDir,
    isAsync: config.async === 'on',
    isForeignNats: config.natsUrl !== null,
  }
}

async function runtimeFolder(configured: string | null): Promise<FolderFacts | null> {
  const found = await Promise.all((configured === null ? RUNTIME_FOLDERS : [configured]).map(folderFacts))
  return found.find(({ uid }) => uid !== null) ?? null
}

async function watchdogsIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => [])
  return names.flatMap((name) => /^fwatchdog-(\w+)$/.exec(name)?.[1] ?? [])
}

async function engineDisk({ problem, root }: EngineFacts): Promise<FolderFacts | null> {
  if (problem !== '' || root === '') return null
  const disk = await folderFacts(root)
  return disk.totalBytes === 0 ? null : disk
}

async function keptFacts(dataDir: string, isRunning: boolean): Promise<KeptFacts> {
  const knownVersion = REGISTRY_SCHEMA.migrations.length
  const names = await readdir(dataDir).catch(() => [])
  const key = await readFile(join(dataDir, 'secrets.key'), 'utf8').catch(() => null)
  return {
    // Never opened beside our own connection: the end of any descriptor of a file drops the process's locks on it (fcntl(2)).
    registryVersion: isRunning ? knownVersion : await registryVersion(join(dataDir, 'registry.db')),
    knownVersion,
    keyBytes: key === null ? null : Buffer.from(key.trim(), 'base64').length,
    registryCopies: names.filter((name) => /^registry\.db\.v\d+$/.test(name)).toSorted(),
  }
}

async function registryVersion(path: string): Promise<number | null> {
  const file = await open(path).catch(() => null)
  if (file === null) return null
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0)
    return bytesRead < HEAD_BYTES ? null : buffer.readUInt32BE(VERSION_AT)
  } catch {
    return null
  } finally {
    await file.close()
  }
}

/** In a process of its own: one that cannot be loaded may end the process that tries. */
async function bindingFacts(signal: AbortSignal): Promise<Facts['binding']> {
  const program = fileURLToPath(new URL('../../registry/database.js', import.meta.url))
  const script = `const { createRequire } = require('node:module'); new (createRequire(${JSON.stringify(program)})('better-sqlite3'))(':memory:')`
  const output = await outputOf([process.execPath, '-e', script], signal)
  return { isFine: output !== null, problem: output === null ? 'better-sqlite3 cannot be loaded' : '' }
}

async function serviceFacts(signal: AbortSignal): Promise<ServiceFacts | null> {
  const properties = '--property=LoadState,ActiveState,NRestarts,ExecMainStatus'
  const shown = await outputOf(['systemctl', 'show', 'sampan.service', properties], signal)
  const said = new Map((shown ?? '').split('\n').map((line) => line.split('=') as [string, string]))
  if (said.get('LoadState') !== 'loaded') return null
  return {
    state: said.get('ActiveState') ?? 'unknown',
    restarts: Number(said.get('NRestarts') ?? 0),
    exitStatus: Number(said.get('ExecMainStatus') ?? 0),
  }
}
