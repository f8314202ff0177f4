import { access, open, readFile, writeFile } from 'node:fs/promises'
import type { Clock } from '../../../clock.ts'
import { FaasError, messageOf } from '../../../core/errors.ts'
import { type FreezerFiles, type Place, placeOf, WORDS } from './freezer-files.ts'
import { CGROUP_ROOT, SLICES } from './slices.ts'

export interface CgroupFreezerOptions {
  /** PID of the container's first process on this host; 0 when unknown. Never rejects. */
  readonly pid: (id: string) => Promise<number>
  readonly clock: Clock
  /** The host's `/proc`. */
  readonly procDir: string
  /** Where control groups are mounted; default /sys/fs/cgroup. */
  readonly root?: string
}

const USUAL_PLACES: readonly Place[] = SLICES.flatMap((slice): Place[] => [
  { version: 'v1', pattern: `freezer/${slice}` },
  { version: 'v2', pattern: slice },
])

/** Longest wait for all processes of a container to stop. One that waits for a disk stops only after that. */
const FREEZE_MS = 500
/** After this many the engine is not asked for PIDs any more. */
const MOST_UNSEEN = 3
const FIRST_PAUSE_MS = 1
const LONGEST_PAUSE_MS = 20

/**
 * Freezes containers by the files of the kernel, in a fraction of the time that the engine takes. The engine
 * does not notice: it takes such a container for running.
 */
export class CgroupFreezer {
  readonly #options: CgroupFreezerOptions
  readonly #root: string
  /** Containers of a host are usually all in places of one kind: the one that was right comes first. */
  #places: readonly Place[] = USUAL_PLACES
  /** Containers in turn whose processes told nothing: they are on another host, or behind a wall. */
  #unseen = 0

  constructor(options: CgroupFreezerOptions) {
    this.#options = options
    this.#root = options.root ?? CGROUP_ROOT
  }

  /** Null when the container is on another host, or its cgroup is not visible from here. */
  async find(id: string): Promise<FreezerFiles | null> {
    return (await this.#inPlaces(id)) ?? (await this.#byProcess(id))
  }

  /**
   * Whether this process may freeze and thaw by these files. It opens one, since access(2) asks for the user and takes
   * no notice of CAP_DAC_OVERRIDE, by which `systemd/sampan.service` may.
   */
  async isAllowed({ version, folder }: FreezerFiles): Promise<boolean> {
    try {
      const file = await open(`${folder}/${WORDS[version].file}`, 'r+')
      await file.close()
      return true
    } catch {
      return false
    }
  }

  /** Whether a freeze was asked for and not taken back, by whomever. */
  async isFrozen({ version, folder }: FreezerFiles): Promise<boolean> {
    const { file, isAsked } = WORDS[version]
    return isAsked(await readFile(`${folder}/${file}`, 'utf8').catch(() => WORDS[version].thaw))
  }

  /**
   * Freezes all processes, and resolves when they are, or when `isWanted` no longer says so. Throws
   * `unavailable` when one of them would not stop in time; all of them go on then.
   */
  async freeze(files: FreezerFiles, isWanted: () => boolean): Promise<void> {
    const { clock } = this.#options
    const { freeze, resultFile, isDone } = WORDS[files.version]
    const endMs = clock.now() + FREEZE_MS
    let pauseMs = FIRST_PAUSE_MS
    try {
      for (;;) {
        if (!isWanted()) return
        // Each time anew: the older version tries again only when it is asked again.
        await this.#write(files, freeze)
        if (isDone(await readFile(`${files.folder}/${resultFile}`, 'utf8')) || !isWanted()) return
        if (clock.now() >= endMs) break
        await clock.sleep(pauseMs)
        pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2)
      }
    } catch (error) {
      await this.thaw(files).catch(() => {})
      throw new FaasError('unavailable', `its cgroup could not be frozen: ${messageOf(error)}`, {
        cause: error,
      })
    }
    await this.thaw(files)
    throw new FaasError('unavailable', `a process of it did not stop within ${FREEZE_MS} ms (a fixed limit)`)
  }

  /** Lets the processes go on. Does nothing when they do already, or are gone. */
  async thaw(files: FreezerFiles): Promise<void> {
    await this.#write(files, WORDS[files.version].thaw).catch((error: unknown) => {
      const code = error instanceof Error && 'code' in error ? error.code : ''
      if (code !== 'ENOENT' && code !== 'ENODEV') throw error
    })
  }

  async #inPlaces(id: string): Promise<FreezerFiles | null> {
    for (const place of this.#places) {
      const files = this.#filesAt(place, id)
      if (!(await isThere(files))) continue
      this.#prefer(place)
      return files
    }
    return null
  }

  async #byProcess(id: string): Promise<FreezerFiles | null> {
    if (this.#unseen >= MOST_UNSEEN) return null
    const pid = await this.#options.pid(id)
    if (pid === 0) return null
    const text = await readFile(`${this.#options.procDir}/${pid}/cgroup`, 'utf8').catch(() => '')
    const place = placeOf(text, id)
    this.#unseen = place === null ? this.#unseen + 1 : 0
    if (place === null) return null
    const files = this.#filesAt(place, id)
    if (!(await isThere(files))) return null
    this.#prefer(place)
    return files
  }

  #filesAt({ version, pattern }: Place, id: string): FreezerFiles {
    return { version, folder: `${this.#root}/${pattern.replace('ID', id)}` }
  }

  #prefer(place: Place): void {
    if (this.#places[0] === place) return
    this.#places = [place, ...USUAL_PLACES.filter((usual) => usual !== place)]
  }

  #write({ version, folder }: FreezerFiles, text: string): Promise<void> {
    // Never creates it.
    return writeFile(`${folder}/${WORDS[version].file}`, text, { flag: 'r+' })
  }
}

function isThere({ version, folder }: FreezerFiles): Promise<boolean> {
  return access(`${folder}/${WORDS[version].file}`).then(
    () => true,
    () => false,
  )
}
