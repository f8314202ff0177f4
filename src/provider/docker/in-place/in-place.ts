import type { Clock } from '../../../clock.ts'
import { FaasError, hasCode } from '../../../core/errors.ts'
import type { DeployedFunction } from '../../../core/functions/function-spec.ts'
import type { FileChanges } from '../../../core/provider/file-changes.ts'
import { shortId } from '../../../core/short-id.ts'
import { joined, tarEnd, tarHead, tarPadding } from '../../../core/tar.ts'
import type { Log } from '../../../log.ts'
import type { ReplicaRecord, ReplicaTable } from '../replicas/replica-table.ts'

/** What this needs of `engine/container-files.ts`. */
export interface InPlaceFiles {
  put(id: string, folder: string, archive: Uint8Array): Promise<void>
  remove(id: string, at: { readonly folder: string; readonly path: string }): Promise<boolean>
  signal(id: string, signal: 'SIGUSR2'): Promise<void>
}

export interface InPlaceOptions {
  readonly files: InPlaceFiles
  readonly table: ReplicaTable
  /** Runs something while a replica is thawed, and not frozen meanwhile. */
  readonly whileAwake: (id: string, work: () => Promise<void>) => Promise<void>
  readonly clock: Clock
  readonly log: Log
}

/** A watchdog that was started so long ago catches the signal; an earlier one might end it. */
const STARTED_MS = 5_000
const LONGEST_WAIT_MS = 15_000
const LOOK_MS = 20

/**
 * Changes the handler of a running replica and has its watchdog start the process anew (`sampan dev`,
 * docs/decisions/0047). What was changed goes with the container: the next one is made of the image.
 */
export class InPlace {
  readonly #options: InPlaceOptions

  constructor(options: InPlaceOptions) {
    this.#options = options
  }

  /**
   * Resolves with the id of the replica when its watchdog was told. Throws `conflict`, with a sentence for a
   * person, for what cannot be changed in place; `unavailable` when the engine is away or the replica has ended.
   */
  async change(fn: DeployedFunction, folder: string, changes: FileChanges): Promise<string> {
    const { files, table, whileAwake, log } = this.#options
    const { id } = (await this.#started(fn)).replica
    await whileAwake(id, async () => {
      await this.#write(id, folder, changes)
      for (const path of changes.removed) await this.#remove(id, folder, path)
      await files.signal(id, 'SIGUSR2')
      // The next probe need not wait: what was wrong may be mended.
      table.change(id, { doubts: 0 })
    })
    const [written, removed] = [changes.files.length, changes.removed.length]
    log.info('replica changed in place', { fn: fn.spec.name, replica: shortId(id), written, removed })
    return id
  }

  async #started(fn: DeployedFunction): Promise<ReplicaRecord> {
    const { clock } = this.#options
    const untilMs = clock.now() + LONGEST_WAIT_MS
    for (;;) {
      const record = this.#newest(fn)
      if (record !== undefined && record.identity.takesChanges !== true)
        throw conflict(fn, 'its process 1 is no watchdog of ours, which alone starts the handler anew')
      if (record !== undefined && this.#isStarted(record)) return record
      if (clock.now() >= untilMs) throw conflict(fn, 'no replica of its newest revision runs')
      await clock.sleep(LOOK_MS)
    }
  }

  #newest({ spec, revision }: DeployedFunction): ReplicaRecord | undefined {
    const all = this.#options.table.of(spec.name).filter(({ replica }) => replica.revision === revision)
    return all.find(({ replica, isRunning, isFailed }) => {
      return isRunning && !isFailed && replica.state !== 'draining' && replica.state !== 'gone'
    })
  }

  #isStarted({ wasReady, createdAtMs }: ReplicaRecord): boolean {
    return wasReady || this.#options.clock.wall() - createdAtMs >= STARTED_MS
  }

  async #write(id: string, folder: string, { files }: FileChanges): Promise<void> {
    if (files.length === 0) return
    // By their time interpreters tell whether what they keep of a file is still true.
    const seconds = Math.floor(this.#options.clock.wall() / 1_000)
    const parts = files.flatMap(({ path, kind, mode, content }) => [
      tarHead({ path, kind, mode, bytes: content.length, target: '', seconds }),
      content,
      new Uint8Array(tarPadding(content.length)),
    ])
    try {
      await this.#options.files.put(id, folder, joined([...parts, tarEnd()]))
    } catch (error) {
      if (!hasCode(error, 'not-found')) throw error
      throw new FaasError('conflict', `the container has no folder ${folder}, or has just ended`, {
        cause: error,
      })
    }
  }

  async #remove(id: string, folder: string, path: string): Promise<void> {
    if (await this.#options.files.remove(id, { folder, path })) return
    throw new FaasError('conflict', `this engine does not remove ${path} from a container: build it anew`)
  }
}

function conflict({ spec }: DeployedFunction, why: string): FaasError {
  return new FaasError('conflict', `function ${spec.name} cannot be changed in place: ${why}`)
}
