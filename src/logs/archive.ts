import { mkdir, readdir, rm, rmdir, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { every, type Clock } from '../clock.ts'
import { messageOf } from '../core/errors.ts'
import { type FunctionName, nameOf, namespaceOf } from '../core/functions/function-name.ts'
import type { LogLine } from '../core/provider/log-line.ts'
import type { Log } from '../log.ts'
import { writeBeside } from '../whole-file.ts'
import { Limiter } from '../work/limiter.ts'
import {
  ARCHIVE_ENDING,
  MOST_REPLICA_BYTES,
  readArchive,
  readArchiveHead,
  type ArchivedLog,
  type NewestLines,
} from './archive-file.ts'
import { SteadyAge } from './steady-age.ts'

export interface LogArchiveOptions {
  /** The folder that is ours alone. */
  readonly dir: string
  readonly clock: Clock
  readonly log: Log
  /** All files together; left out: `USUAL_BYTES`. */
  readonly mostBytes?: number
}

/** What is to be kept of a log. */
export interface LogToKeep {
  readonly lines: NewestLines
  /** Whether it goes to the log's end. A part never takes the place of what is kept already. */
  readonly isWhole: boolean
}

/** Of all functions together, where nobody says. */
const USUAL_BYTES = 256 * 1024 * 1024
/** When so much of the limit was written since the last look, all of it is looked at. */
const LOOK_SHARE = 1 / 8
const MOST_FUNCTION_BYTES = 8 * MOST_REPLICA_BYTES
/** Of a function, so that a crash loop with short logs stays quick to read. */
const MOST_FILES = 100
const MOST_AGE_MS = 7 * 24 * 3_600_000
const SWEEP_EVERY_MS = 3_600_000
const PART_ENDING = '.part'
const REPLICA_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/

/** A file of the archive. */
interface KeptFile {
  readonly path: string
  readonly bytes: number
  readonly atMs: number
}

/**
 * Logs of replicas that are gone: DIR/NAMESPACE/NAME/REPLICA.ndjson, bounded in size and age. Losing them is
 * a pity, never a fault: what fails here is warned of and stops nothing. They outlive their function, for one
 * that is deployed again.
 */
export class LogArchive {
  readonly #dir: string
  readonly #clock: Clock
  readonly #log: Log
  readonly #mostBytes: number
  readonly #age: SteadyAge
  #writtenBytes = 0
  #stopping: AbortController | null = null
  #sweeping: Promise<void> = Promise.resolve()
  /** Saves take turns: they end on one disk, and a look at what is there must not be overtaken. */
  readonly #saves = new Limiter(1)

  constructor(options: LogArchiveOptions) {
    this.#dir = options.dir
    this.#clock = options.clock
    this.#log = options.log
    this.#mostBytes = options.mostBytes ?? USUAL_BYTES
    this.#age = new SteadyAge(options.clock)
  }

  /** Removes what is too old now and every hour. */
  async start(): Promise<void> {
    if (this.#stopping !== null) return
    this.#stopping = new AbortController()
    await this.sweep()
    const { signal } = this.#stopping
    const onError = (error: unknown) => this.#warn('log archive not swept', error)
    this.#sweeping = every({ clock: this.#clock, intervalMs: SWEEP_EVERY_MS, signal, onError }, () =>
      this.sweep(),
    )
  }

  async stop(): Promise<void> {
    this.#stopping?.abort()
    const lastTurn = this.#saves.run(async () => {})
    await Promise.all([this.#sweeping, lastTurn])
  }

  /** In its turn. False, after a warning, when it failed. Never throws. */
  save(fn: FunctionName, replicaId: string, log: LogToKeep): Promise<boolean> {
    return this.#saves.run(async () => {
      try {
        await this.#write(fn, replicaId, log)
        return true
      } catch (error) {
        this.#warn('logs of a replica not kept', error, { fn, replica: replicaId })
        return false
      }
    })
  }

  /** What is kept of the function, in no order. A file that cannot be read is left out. */
  async list(fn: FunctionName): Promise<ArchivedLog[]> {
    const dir = this.#folderOf(fn)
    const files = await namesIn(dir)
    const found = await Promise.all(
      files.filter((name) => name.endsWith(ARCHIVE_ENDING)).map((name) => readArchiveHead(join(dir, name))),
    )
    return found.filter((log) => log !== null)
  }

  /** The lines of a listed log. Ends early when it is swept or damaged meanwhile. */
  async *read(archived: ArchivedLog): AsyncGenerator<readonly LogLine[], void> {
    try {
      yield* readArchive(archived)
    } catch (error) {
      this.#warn('kept logs not readable', error, { file: archived.file })
    }
  }

  /** Removes what is too old, too much, or half written. Never throws. */
  async sweep(): Promise<void> {
    this.#writtenBytes = 0
    await this.#restamp()
    const newestMs = Math.max(0, ...(await this.#everything()).map(({ atMs }) => atMs))
    // A clock that is behind what it stamped before was not set yet, or is wrong: nothing has an age by it.
    const isTold = this.#clock.wall() + SWEEP_EVERY_MS >= newestMs
    for (const namespace of await namesIn(this.#dir)) {
      for (const name of await namesIn(join(this.#dir, namespace))) {
        const dir = join(this.#dir, namespace, name)
        await this.#sweepFolder(dir, isTold ? 'all' : 'size')
        // Fails while something is in it, which is what we want.
        await rmdir(dir).catch(() => {})
      }
    }
    await this.#fit()
  }

  /** Gives what was written before the clock was set the time that it would have been. */
  async #restamp(): Promise<void> {
    const jump = this.#age.jump()
    if (jump === null) return
    for (const { path, atMs } of await this.#everything()) {
      const then = new Date(atMs + jump.byMs)
      if (atMs >= jump.sinceMs && then.getTime() <= this.#clock.wall())
        await utimes(path, then, then).catch(() => {})
    }
  }

  /** Removes the oldest of all functions until the rest is within the limit. */
  async #fit(): Promise<void> {
    let bytes = 0
    for (const file of (await this.#everything()).toSorted((a, b) => b.atMs - a.atMs)) {
      bytes += file.bytes
      if (bytes > this.#mostBytes) await this.#remove(file.path)
    }
  }

  async #everything(): Promise<readonly KeptFile[]> {
    const files: KeptFile[] = []
    for (const namespace of await namesIn(this.#dir)) {
      for (const name of await namesIn(join(this.#dir, namespace)))
        files.push(...(await filesIn(join(this.#dir, namespace, name))))
    }
    return files
  }

  async #write(fn: FunctionName, replicaId: string, log: LogToKeep): Promise<void> {
    if (!REPLICA_ID.test(replicaId)) throw new Error(`${JSON.stringify(replicaId)} is no file name`)
    const dir = this.#folderOf(fn)
    const file = join(dir, `${replicaId}${ARCHIVE_ENDING}`)
    if (!log.isWhole && (await readArchiveHead(file)) !== null) return
    const content = log.lines.encode()
    if (content === null) return

    await mkdir(dir, { recursive: true, mode: 0o700 })
    await writeBeside(file, content, { path: `${file}${PART_ENDING}`, mode: 0o600 })
    await this.#sweepFolder(dir, 'size')
    this.#writtenBytes += content.length
    if (this.#writtenBytes > this.#mostBytes * LOOK_SHARE) {
      this.#writtenBytes = 0
      await this.#fit()
    }
  }

  /** `all`: what is too old, and half files, too. Only when no save runs can one be known to be left over. */
  async #sweepFolder(dir: string, what: 'size' | 'all'): Promise<void> {
    const entries = await filesIn(dir)
    const nowMs = this.#clock.wall()
    let bytes = 0
    let files = 0
    for (const entry of entries.toSorted((a, b) => b.atMs - a.atMs)) {
      const ageMs = nowMs - entry.atMs
      if (entry.path.endsWith(PART_ENDING)) {
        if (what === 'all' && ageMs > SWEEP_EVERY_MS / 2) await this.#remove(entry.path)
        continue
      }
      bytes += entry.bytes
      files += 1
      const isTooMuch = bytes > MOST_FUNCTION_BYTES || files > MOST_FILES
      if (isTooMuch || (what === 'all' && ageMs > MOST_AGE_MS)) await this.#remove(entry.path)
    }
  }

  async #remove(path: string): Promise<void> {
    await rm(path, { force: true }).catch((error: unknown) =>
      this.#warn('kept logs not removed', error, { file: path }),
    )
  }

  #folderOf(fn: FunctionName): string {
    return join(this.#dir, namespaceOf(fn), nameOf(fn))
  }

  #warn(message: string, error: unknown, fields: Readonly<Record<string, unknown>> = {}): void {
    this.#log.warn(message, { ...fields, reason: messageOf(error) })
  }
}

async function filesIn(dir: string): Promise<readonly KeptFile[]> {
  const names = await namesIn(dir)
  return Promise.all(
    names.map(async (name) => {
      const facts = await stat(join(dir, name)).catch(() => null)
      return { path: join(dir, name), bytes: facts?.size ?? 0, atMs: facts?.mtimeMs ?? 0 }
    }),
  )
}

/** A folder that is not there is empty. */
async function namesIn(dir: string): Promise<string[]> {
  try {
    return await readdir(dir)
  } catch {
    // Missing, or not a folder: nothing of ours is in it either way.
    return []
  }
}
