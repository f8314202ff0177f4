import { createHash } from 'node:crypto'
import { chownSync, existsSync, lchownSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { mkdir, open, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { messageOf } from '../core/errors.ts'
import { entriesOf, type UploadEntry } from '../core/tar-entries.ts'
import { jsonLog } from '../log.ts'
import { Database } from '../registry/database.ts'
import { openRegistry } from '../registry/registry.ts'
import { syncFolder } from '../whole-file.ts'
import { type BackupFile, MANIFEST, type Manifest, readManifest } from './manifest.ts'
import { isRestorePending, placeRestored, READY } from './place.ts'

export interface Restore {
  readonly archive: AsyncIterable<Uint8Array>
  readonly dataDir: string
  /** A registry that is there makes room; else it is a reason to refuse. */
  readonly replaces: boolean
  readonly nowMs: number
}

export interface Restored {
  readonly manifest: Manifest
  /** Where what was there before lies now; null: nothing was. */
  readonly before: string | null
}

/** What goes wrong is thrown; what opening a registry remarks on is no news here. */
const QUIET = jsonLog('error', () => undefined)

const INCOMING = 'restore.incoming'
const REGISTRY = 'registry.db'
const MANIFEST_BYTES = 64 * 1024 * 1024

/** The message says why nothing was restored. Nothing in the data folder has changed then. */
export class RestoreError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'RestoreError'
  }
}

/**
 * Puts a backup into a data folder whose daemon does not run: all of it is unpacked beside, its sums are checked, its
 * registry is opened and a secret with its key, and only then it takes the place of what is there. Throws `RestoreError`.
 */
export async function restore({ archive, dataDir, replaces, nowMs }: Restore): Promise<Restored> {
  checkPlace(dataDir, replaces)
  const incoming = join(dataDir, INCOMING)
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  rmSync(incoming, { recursive: true, force: true })
  try {
    const manifest = await unpack(archive, incoming)
    openRegistry(incoming, QUIET).close()
    await rename(join(incoming, 'streams'), join(incoming, 'nats.restore')).catch(() => undefined)
    handOver(incoming, dataDir)
    await syncFolder(incoming)
    await rename(incoming, join(dataDir, READY))
    return { manifest, before: placeRestored(dataDir, nowMs) }
  } catch (error) {
    rmSync(incoming, { recursive: true, force: true })
    throw error instanceof RestoreError
      ? error
      : new RestoreError(`nothing was restored: ${reasonOf(error)}`, { cause: error })
  }
}

function checkPlace(dataDir: string, replaces: boolean): void {
  const registry = join(dataDir, REGISTRY)
  if (isRestorePending(dataDir))
    throw new RestoreError(
      `a restore into ${dataDir} was interrupted: start the daemon, which ends it, and stop it again`,
    )
  if (!existsSync(registry)) return
  if (Database.isInUse(registry))
    throw new RestoreError(`the daemon runs on ${dataDir}: stop it first (sudo systemctl stop sampan)`)
  if (!replaces)
    throw new RestoreError(
      `there is a registry in ${dataDir} already: --replace puts it aside, into a folder beside`,
    )
}

async function unpack(archive: AsyncIterable<Uint8Array>, folder: string): Promise<Manifest> {
  await mkdir(folder, { mode: 0o700 })
  let manifest: Manifest | null = null
  const missing = new Map<string, BackupFile>()
  for await (const entry of entriesOf(archive)) {
    if (manifest === null) {
      manifest = readManifest(await textOf(entry))
      for (const file of manifest.files) missing.set(file.path, file)
      continue
    }
    const file = missing.get(entry.path)
    if (file === undefined || entry.kind !== 'file')
      throw new RestoreError(`the backup has a file that its ${MANIFEST} does not name: ${entry.path}`)
    await writeChecked(entry, file, folder)
    missing.delete(entry.path)
  }
  if (manifest === null) throw new RestoreError('the file is no backup: it is empty')
  const [first] = missing.keys()
  if (first !== undefined) throw new RestoreError(`the backup is not whole: ${first} is missing`)
  if (!manifest.files.some(({ path }) => path === REGISTRY))
    throw new RestoreError('the backup has no registry')
  return manifest
}

async function textOf({ path, bytes, content }: UploadEntry): Promise<string> {
  if (path !== MANIFEST || bytes > MANIFEST_BYTES)
    throw new RestoreError(`the file is no backup: it begins with ${path}, not with ${MANIFEST}`)
  const chunks: Uint8Array[] = []
  for await (const chunk of content) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

async function writeChecked({ path, content }: UploadEntry, file: BackupFile, folder: string): Promise<void> {
  const target = join(folder, path)
  await mkdir(dirname(target), { recursive: true, mode: 0o700 })
  const hash = createHash('sha256')
  const out = await open(target, 'wx', 0o600)
  try {
    for await (const chunk of content) {
      hash.update(chunk)
      await out.writeFile(chunk)
    }
    await out.sync()
  } finally {
    await out.close()
  }
  if (hash.digest('hex') !== file.sha256)
    throw new RestoreError(`the backup is damaged: the sum of ${path} is another one`)
}

/** What root restores belongs to whom the data folder belongs to: the user of the service. */
function handOver(path: string, dataDir: string): void {
  const { uid, gid } = statSync(dataDir)
  if (process.getuid?.() !== 0 || uid === 0) return
  chownSync(path, uid, gid)
  for (const entry of readdirSync(path, { recursive: true, withFileTypes: true }))
    lchownSync(join(entry.parentPath, entry.name), uid, gid)
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : ''
  if (code === 'ENOSPC') return 'the disk of the data folder is full: make room and try again'
  return messageOf(error).replace('body: the archive is not taken', 'the file is no backup, or damaged')
}
