import { createReadStream, rmSync } from 'node:fs'
import { link, mkdir } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '../clock.ts'
import type { BuildInfo } from '../core/build-info.ts'
import { FaasError, messageOf } from '../core/errors.ts'
import type { Log } from '../log.ts'
import { FORMAT, MANIFEST, type Manifest } from './manifest.ts'
import { archiveBytes, archiveOf, type ArchivePart, filesIn } from './staging.ts'

/** What a daemon keeps, as its owners write it: each call writes one moment. */
export interface BackupPorts {
  copyRegistry(path: string, withSecrets: boolean): void
  /** Null: there are no asynchronous calls. */
  readonly queue: {
    copyTo(folder: string): Promise<void>
    copyBook(path: string): void
    readonly natsVersion: () => string
  } | null
  /** What functions run on. */
  images(): Manifest['images']
}

export interface BackupOptions {
  readonly ports: BackupPorts
  readonly dataDir: string
  readonly instance: string
  readonly build: BuildInfo
  readonly clock: Clock
  readonly log: Log
}

/** A backup that is ready to be sent. `end` must be called, sent or not. */
export interface Backup {
  readonly bytes: number
  readonly chunks: AsyncIterable<Uint8Array>
  readonly end: () => void
}

/** In the data folder: what is linked must be on its disk, and what is not is as private as that is. */
const STAGING = 'backup.staging'

const PRIVATE_FILES = ['secrets.key', 'basic-auth-password', 'build.key']

/** Longest time from the first byte to the last one. */
const SENDING_MS = 3_600_000

/**
 * Backups by the daemon itself, which holds its files exclusively (docs/decisions/0051-backups-by-the-daemon.md): one at a
 * time, whole before its first byte is sent.
 */
export class BackupService {
  readonly #options: BackupOptions
  readonly #folder: string
  #isBusy = false

  constructor(options: BackupOptions) {
    this.#options = options
    this.#folder = join(options.dataDir, STAGING)
  }

  /** Of a daemon that was killed. */
  start(): void {
    this.#clear()
  }

  /** Throws `too-busy` while another one is made or sent, `unavailable` on a full disk or when NATS is away. */
  async begin(withSecrets: boolean): Promise<Backup> {
    if (this.#isBusy)
      throw new FaasError(
        'too-busy',
        'another backup is being made, and one at a time is a fixed limit: try again when it is done',
        {
          retryAfterS: 10,
        },
      )
    this.#isBusy = true
    try {
      const parts = await this.#stage(withSecrets)
      return this.#sent(parts)
    } catch (error) {
      this.#end()
      throw explained(error, this.#options.dataDir)
    }
  }

  #sent(parts: readonly ArchivePart[]): Backup {
    const { clock, log } = this.#options
    const late = new AbortController()
    const cancel = clock.after(SENDING_MS, () => {
      log.warn('a backup was not taken within an hour')
      late.abort()
      this.#end()
    })
    let isOver = false
    return {
      bytes: archiveBytes(parts),
      chunks: untilAborted(archiveOf(parts), late.signal),
      end: () => {
        if (isOver) return
        isOver = true
        cancel()
        if (!late.signal.aborted) this.#end()
      },
    }
  }

  async #stage(withSecrets: boolean): Promise<readonly ArchivePart[]> {
    const { ports, dataDir } = this.#options
    const folder = this.#folder
    this.#clear()
    await mkdir(folder, { mode: 0o700 })
    // What should run first: a call for a function that is not known there is answered with 404, and no other harm is done.
    ports.copyRegistry(join(folder, 'registry.db'), withSecrets)
    const images = ports.images()
    if (withSecrets)
      for (const name of PRIVATE_FILES) await linkIfThere(join(dataDir, name), join(folder, name))
    await ports.queue?.copyTo(folder)
    ports.queue?.copyBook(join(folder, 'calls.db'))
    const files = await filesIn(folder)
    const manifest = Buffer.from(
      `${JSON.stringify(this.#manifest({ hasSecrets: withSecrets, files, images }), null, 2)}\n`,
    )
    return [
      { path: MANIFEST, bytes: manifest.length, content: [manifest] },
      ...files.map(({ path, bytes }) => ({ path, bytes, content: read(join(folder, path)) })),
    ]
  }

  #manifest(rest: Pick<Manifest, 'hasSecrets' | 'files' | 'images'>): Manifest {
    const { build, instance, clock, ports } = this.#options
    return {
      format: FORMAT,
      release: build.release,
      sha: build.sha,
      instance,
      host: hostname(),
      arch: process.arch,
      createdAt: new Date(clock.wall()).toISOString(),
      nats: ports.queue?.natsVersion() ?? '',
      ...rest,
    }
  }

  #end(): void {
    this.#clear()
    this.#isBusy = false
  }

  #clear(): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/** Opened when its first bytes are asked for. */
async function* read(path: string): AsyncIterable<Uint8Array> {
  yield* createReadStream(path, { highWaterMark: 256 * 1024 }) as AsyncIterable<Uint8Array>
}

async function* untilAborted(
  chunks: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  for await (const chunk of chunks) {
    if (signal.aborted) throw new Error('the backup was not taken within an hour')
    yield chunk
  }
}

async function linkIfThere(path: string, other: string): Promise<void> {
  await link(path, other).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
}

function explained(error: unknown, dataDir: string): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : ''
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error
  return new FaasError(
    'unavailable',
    `there is no room for a backup where ${dataDir} lies (${messageOf(error)}): its registry and the calls that wait are copied there first. Make room; nothing was changed`,
    { cause: error },
  )
}
