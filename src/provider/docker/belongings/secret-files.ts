import { chmod, lstat, mkdir, readdir, rename, rm, rmdir, stat, statfs, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { FaasError, messageOf } from '../../../core/errors.ts'
import { namespaceOf } from '../../../core/functions/function-name.ts'
import type { DeployedFunction } from '../../../core/functions/function-spec.ts'
import { quoted } from '../../../core/quoted.ts'
import type { SecretRef } from '../../../core/functions/secret-name.ts'
import type { Log } from '../../../log.ts'
import { Limiter } from '../../../work/limiter.ts'

/** The source of the values. `assemble/` connects the registry. */
export interface SecretValues {
  /** The exact bytes, or undefined when there is no such secret. */
  value(namespace: string, name: string): Uint8Array | undefined
}

export interface SecretFilesOptions {
  /** A folder on a tmpfs; null looks for one below /run and /dev/shm. */
  readonly runtimeDir: string | null
  readonly instance: string
  readonly values: SecretValues
  /**
   * Ids of the registries whose replicas are ours, our own first. The empty id stands for releases that had
   * none.
   */
  readonly owners: () => readonly string[]
  readonly log: Log
}

/** `f_type` of a tmpfs (Linux, statfs(2)). */
const TMPFS_MAGIC = 0x01021994

/**
 * The secrets of running functions as files in memory: one folder per revision, mounted read-only into its
 * containers and removed with the last of them. The folder is mounted, not the files, so that a changed value
 * reaches running containers. The folders themselves are the only state, so a daemon that was killed
 * continues with them. One operation runs at a time.
 */
export class SecretFiles {
  readonly #options: SecretFilesOptions
  readonly #one = new Limiter(1)

  constructor(options: SecretFilesOptions) {
    this.#options = options
  }

  /**
   * Writes the secrets that `fn` uses; returns the folder to mount, or null when it uses none. Throws
   * `unavailable`, also when a secret does not exist.
   */
  async place(fn: DeployedFunction): Promise<string | null> {
    if (fn.spec.secrets.length === 0) return null
    return await this.#one.run(async () => {
      try {
        return await this.#place(fn)
      } catch (cause) {
        if (cause instanceof FaasError) throw cause
        throw new FaasError('unavailable', `secrets cannot be made available: ${messageOf(cause)}`, { cause })
      }
    })
  }

  /** Writes the present value of a secret into every folder that has it or whose revision uses it. */
  async refresh(secret: SecretRef, isWanted: (revision: number) => boolean): Promise<void> {
    const { namespace, name } = secret
    await this.#one.run(async () => {
      for (const root of await this.#roots()) {
        for (const folder of await readdir(root)) {
          if (!folder.startsWith(`${namespace}.`)) continue
          const dir = join(root, folder)
          if (isWanted(revisionOf(folder)) || (await exists(join(dir, name)))) await this.#write(dir, secret)
        }
      }
    })
  }

  /** Removes the folders of all revisions that are not in use at that moment. Safe to call at any time. */
  async keepOnly(isUsed: (revision: number) => boolean): Promise<void> {
    await this.#one.run(async () => {
      for (const root of await this.#roots()) {
        for (const folder of await readdir(root)) {
          if (!isUsed(revisionOf(folder))) await rm(join(root, folder), { recursive: true, force: true })
        }
        // Both fail while the folder is not empty, as intended.
        await rmdir(root)
          .then(() => rmdir(dirname(root)))
          .catch(() => {})
      }
    })
  }

  async #place(fn: DeployedFunction): Promise<string> {
    const namespace = namespaceOf(fn.spec.name)
    const { values } = this.#options
    const missing = fn.spec.secrets.find((name) => values.value(namespace, name) === undefined)
    if (missing !== undefined) {
      throw new FaasError(
        'unavailable',
        `its secret ${quoted(missing)} does not exist in namespace ${namespace}: create it again`,
      )
    }
    const dir = join(await this.#makeRoot(), folderOf(namespace, fn.revision))
    await mkdir(dir, { recursive: true })
    // Set explicitly, whatever the umask: the function may run as any user.
    await chmod(dir, 0o755)
    for (const name of fn.spec.secrets) await this.#write(dir, { namespace, name })
    return dir
  }

  async #write(dir: string, { namespace, name }: SecretRef): Promise<void> {
    const value = this.#options.values.value(namespace, name)
    if (value === undefined) return
    // Writes a new file under a hidden name and renames it, so that a reader sees the old value or the new
    // one, never half of it. All drafts share one name, because a secret's name may have the full length of a
    // file name.
    const draft = join(dir, '..draft')
    // A draft that a killed daemon left behind may be read-only.
    await rm(draft, { force: true })
    await writeFile(draft, value)
    await chmod(draft, 0o444)
    await rename(draft, join(dir, name))
  }

  #candidates(): readonly string[] {
    const { runtimeDir } = this.#options
    return runtimeDir === null ? ['/run/sampan', '/dev/shm/sampan'] : [runtimeDir]
  }

  /** There is one per registry; those of other registries are not touched. */
  #rootIn(candidate: string, owner: string): string {
    return join(candidate, this.#options.instance, owner === '' ? 'secrets' : `secrets-${owner}`)
  }

  /** The folders that hold secrets. */
  async #roots(): Promise<readonly string[]> {
    const roots: string[] = []
    for (const candidate of this.#candidates()) {
      for (const owner of this.#options.owners()) {
        const root = this.#rootIn(candidate, owner)
        if ((await exists(root)) && (await this.#isOurs(root))) roots.push(root)
      }
    }
    return roots
  }

  async #makeRoot(): Promise<string> {
    const [own = ''] = this.#options.owners()
    for (const candidate of this.#candidates()) {
      if (!(await isInMemory(candidate))) continue
      const root = this.#rootIn(candidate, own)
      // Private to this user on the host; a container sees only the mount, not this path. Candidates that
      // another user owns or forbids are skipped.
      await mkdir(root, { recursive: true, mode: 0o700 }).catch(() => undefined)
      if (await this.#isOurs(root)) return root
    }
    throw new Error(
      `no tmpfs of this user's own at ${this.#candidates().join(' or ')}; set SAMPAN_RUNTIME_DIR to a folder on one`,
    )
  }

  /**
   * Anybody can create a folder of this name in /dev/shm to read what is written there. A configured folder
   * is trusted.
   */
  async #isOurs(root: string): Promise<boolean> {
    const folders = [root, dirname(root), dirname(dirname(root))]
    const made = this.#options.runtimeDir === null ? folders : folders.slice(0, 2)
    const found = await Promise.all(made.map((folder) => lstat(folder).catch(() => null)))
    const areOurs = found.every(
      (status) => status?.isDirectory() === true && status.uid === process.getuid?.(),
    )
    if (!areOurs) return false
    // One by one from the inside out, so that the log has this order.
    for (const [at, folder] of made.entries()) await this.#close(folder, found[at]?.mode ?? 0)
    return true
  }

  /** A folder of ours that was created by hand or by a script may be open to all. */
  async #close(folder: string, mode: number): Promise<void> {
    if ((mode & 0o077) === 0) return
    await chmod(folder, 0o700)
    this.#options.log.warn('secrets folder was open to other users, permissions corrected', { folder })
  }
}

function folderOf(namespace: string, revision: number): string {
  return `${namespace}.${revision}`
}

function revisionOf(folder: string): number {
  return Number(folder.slice(folder.lastIndexOf('.') + 1))
}

/** Whether `path`, or the nearest folder above it that exists, is on a tmpfs. */
async function isInMemory(path: string): Promise<boolean> {
  if (await exists(path)) return (await statfs(path)).type === TMPFS_MAGIC
  const above = dirname(path)
  return above !== path && isInMemory(above)
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
