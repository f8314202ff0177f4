import type { FreezeMethod } from '../../../core/provider/provider.ts'
import { shortId } from '../../../core/short-id.ts'
import type { Log } from '../../../log.ts'
import type { CgroupFreezer } from '../cgroups/cgroup-freezer.ts'
import type { FreezerFiles } from '../cgroups/freezer-files.ts'
import type { ReplicaTable } from './replica-table.ts'

/** What this needs of `engine.ts`. */
export interface HalterEngine {
  pauseContainer(id: string): Promise<void>
  unpauseContainer(id: string): Promise<void>
}

export interface HalterOptions {
  readonly engine: HalterEngine
  readonly cgroups: Pick<CgroupFreezer, 'find' | 'isAllowed' | 'isFrozen' | 'freeze' | 'thaw'>
  /** False: only the engine freezes. What was frozen by files before is thawed by files all the same. */
  readonly mayUseCgroups: boolean
  readonly table: ReplicaTable
  readonly log: Log
}

/**
 * Halts the processes of containers and lets them go on: by the files of the kernel where this daemon may
 * write them, which takes a fraction of a millisecond, and by the engine elsewhere.
 */
export class Halter {
  readonly #options: HalterOptions
  /** Those that are being halted by files, and whether they were let go meanwhile. */
  readonly #halting = new Map<string, { isReleased: boolean }>()
  #method: FreezeMethod

  constructor(options: HalterOptions) {
    this.#options = options
    this.#method = options.mayUseCgroups ? 'untried' : 'docker-pause'
  }

  /** How the containers that were looked at last are frozen. */
  get method(): FreezeMethod {
    return this.#method
  }

  /** Finds the method with this container, if that was not done with another one. Never rejects. */
  async tryOn(id: string): Promise<void> {
    if (this.#method === 'untried') await this.#files(id)
  }

  /** The cgroup by whose files a container is frozen that the engine takes for running; null: it runs. */
  async foundFrozen(id: string): Promise<FreezerFiles | null> {
    const { cgroups } = this.#options
    const files = await this.#files(id)
    const found = files ?? (await cgroups.find(id))
    return found !== null && (await cgroups.isFrozen(found)) ? found : null
  }

  /** Resolves when its processes are halted, or when `isWanted` no longer says so. */
  async halt(id: string, isWanted: () => boolean): Promise<void> {
    const { engine, cgroups, table } = this.#options
    const files = await this.#files(id)
    if (files === null) return await engine.pauseContainer(id)
    // Before the first write: from then on the processes may be halted.
    table.change(id, { frozenIn: files })
    const halting = { isReleased: false }
    this.#halting.set(id, halting)
    try {
      await cgroups.freeze(files, () => isWanted() && !halting.isReleased)
      if (!halting.isReleased) return
      // Whoever let it go did so between two writes, of which the last one may have halted it again.
      await cgroups.thaw(files)
      table.change(id, { frozenIn: null })
    } catch (error) {
      table.change(id, { frozenIn: null })
      throw error
    } finally {
      this.#halting.delete(id)
    }
  }

  /** Lets its processes go on. Throws when they were not halted, where the engine is asked. */
  async release(id: string): Promise<void> {
    const { engine, cgroups, table } = this.#options
    const halting = this.#halting.get(id)
    if (halting !== undefined) halting.isReleased = true
    const files = table.get(id)?.frozenIn ?? null
    if (files === null) return await engine.unpauseContainer(id)
    await cgroups.thaw(files)
    table.change(id, { frozenIn: null })
  }

  /** Null: only the engine can freeze it. */
  async #files(id: string): Promise<FreezerFiles | null> {
    const { cgroups, mayUseCgroups, log } = this.#options
    if (!mayUseCgroups) return null
    const found = await cgroups.find(id)
    const files = found !== null && (await cgroups.isAllowed(found)) ? found : null
    const method: FreezeMethod = files === null ? 'docker-pause' : `cgroup-${files.version}`
    if (method !== this.#method) {
      const reason = found === null ? 'its cgroup is not visible here' : 'its cgroup may not be written'
      log.info('how containers are frozen', {
        method,
        replica: shortId(id),
        ...(files === null && { reason }),
      })
    }
    this.#method = method
    return files
  }
}
