import { mkdir, readdir, rename, rm, stat, statfs, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { FaasError, messageOf } from '../../core/errors.ts'
import { namespaceOf } from '../../core/function-name.ts'
import type { DeployedFunction } from '../../core/function-spec.ts'

/** Where the bytes come from. `daemon.ts` plugs the registry. */
export interface SecretValues {
  /** The exact bytes, or undefined when there is no such secret. */
  value(namespace: string, name: string): Uint8Array | undefined
}

export interface SecretFilesOptions {
  /** A folder on a tmpfs; null looks for one below /run and /dev/shm. */
  readonly runtimeDir: string | null
  readonly instance: string
  readonly values: SecretValues
}

/** `f_type` of a tmpfs (Linux, statfs(2)). */
const TMPFS_MAGIC = 0x01021994

/**
 * The secrets of functions that run, as files in memory: a folder for each revision, mounted read-only into its containers and
 * removed with the last of them. The folder is mounted, not the files, so that a changed value reaches a running container.
 */
export class SecretFiles {
  readonly #options: SecretFilesOptions
  #root: Promise<string> | undefined

  constructor(options: SecretFilesOptions) {
    this.#options = options
  }

  /** Writes what `fn` asks for; answers the folder to mount, or null when it asks for nothing. Throws `unavailable`. */
  async place(fn: DeployedFunction): Promise<string | null> {
    const names = fn.spec.secrets
    if (names.length === 0) return null
    const namespace = namespaceOf(fn.spec.name)
    const dir = join(await this.#ready(), folderOf(namespace, fn.revision))
    await mkdir(dir, { recursive: true, mode: 0o755 })
    for (const name of names) await this.#write(dir, namespace, name)
    return dir
  }

  /** Puts the present value of a secret into every folder that has it. */
  async refresh(namespace: string, name: string): Promise<void> {
    if (this.#root === undefined) return
    const root = await this.#ready()
    for (const folder of await readdir(root)) {
      if (!folder.startsWith(`${namespace}.`)) continue
      if (await exists(join(root, folder, name))) await this.#write(join(root, folder), namespace, name)
    }
  }

  /** Removes the folders of all revisions but those still in use. Safe to call at any time. */
  async keepOnly(revisions: ReadonlySet<number>): Promise<void> {
    const root = await this.#ready()
    for (const folder of await readdir(root)) {
      const revision = Number(folder.slice(folder.lastIndexOf('.') + 1))
      if (!revisions.has(revision)) await rm(join(root, folder), { recursive: true, force: true })
    }
  }

  async #write(dir: string, namespace: string, name: string): Promise<void> {
    const value = this.#options.values.value(namespace, name)
    if (value === undefined) return
    // A new file under a hidden name, then renamed: a reader sees the old value or the new one, never half of it.
    const draft = join(dir, `..${name}.draft`)
    await writeFile(draft, value, { mode: 0o444 })
    await rename(draft, join(dir, name))
  }

  #ready(): Promise<string> {
    this.#root ??= this.#makeRoot().catch((error: unknown) => {
      this.#root = undefined
      throw new FaasError('unavailable', `secrets cannot be made available: ${messageOf(error)}`, {
        cause: error,
      })
    })
    return this.#root
  }

  async #makeRoot(): Promise<string> {
    const { runtimeDir, instance } = this.#options
    const candidates = runtimeDir === null ? ['/run/sampan', '/dev/shm/sampan'] : [runtimeDir]
    for (const candidate of candidates) {
      const root = join(candidate, instance, 'secrets')
      if (!(await isInMemory(candidate))) continue
      // Private to this user on the host; a container does not walk this path, it sees the mount.
      await mkdir(root, { recursive: true, mode: 0o700 })
      return root
    }
    throw new Error(`no tmpfs at ${candidates.join(' or ')}; set SAMPAN_RUNTIME_DIR to a folder on one`)
  }
}

function folderOf(namespace: string, revision: number): string {
  return `${namespace}.${revision}`
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
