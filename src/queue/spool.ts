import { createReadStream } from 'node:fs'
import { type FileHandle, link, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { FaasError, messageOf } from '../core/errors.ts'
import { syncFolder } from '../whole-file.ts'
import type { SpooledBody } from './job/envelope.ts'

/** Read at once from a spooled body. */
const READ_BYTES = 64 * 1024

/** A file that is being written is not one of the spool yet. */
const UNFINISHED = '.part'

const NAME = /^[A-Za-z0-9]{1,64}\.(?:body|answer|outbox)$/

/**
 * Files for what is too large to lie in memory or in a message: bodies of calls, answers for their callers,
 * calls that wait for NATS. A file is there whole and on the disk, or not at all.
 */
export class Spool {
  readonly #dir: string
  readonly #mostBytes: number
  #usedBytes = 0

  /** `mostBytes`: all files together. */
  constructor(dir: string, mostBytes: number) {
    this.#dir = dir
    this.#mostBytes = mostBytes
  }

  get usedBytes(): number {
    return this.#usedBytes
  }

  /**
   * Makes the folder, removes what a killed process left unfinished, and answers the names of the files that are
   * there.
   */
  async open(): Promise<readonly string[]> {
    await mkdir(this.#dir, { recursive: true, mode: 0o700 })
    const names: string[] = []
    for (const name of await readdir(this.#dir)) {
      if (name.endsWith(UNFINISHED)) await rm(join(this.#dir, name), { force: true })
      if (!NAME.test(name)) continue
      this.#usedBytes += (await stat(join(this.#dir, name))).size
      names.push(name)
    }
    return names
  }

  /** Gives every whole file a second name in `folder`, which is on the same disk. What has one there already is left. */
  async linkInto(folder: string): Promise<void> {
    for (const name of await readdir(this.#dir)) {
      if (!NAME.test(name)) continue
      await link(join(this.#dir, name), join(folder, name)).catch((error: NodeJS.ErrnoException) => {
        // Its call ended meanwhile, or it was linked before.
        if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error
      })
    }
  }

  /** Whether so many bytes more would be too many. */
  isFull(bytes: number): boolean {
    return this.#usedBytes + bytes > this.#mostBytes
  }

  /**
   * A file to be written piece by piece. `name`: letters and digits, and `.body`, `.answer` or `.outbox`. Here and
   * in the file itself, `unavailable` is thrown when the disk does not take it.
   */
  async create(name: string): Promise<SpoolFile> {
    if (!NAME.test(name)) throw new Error(`${name} is no name of a spooled file`)
    const path = join(this.#dir, name)
    const handle = await onDisk(open(path + UNFINISHED, 'wx', 0o600))
    return new SpoolFile(handle, { path, name, dir: this.#dir }, (bytes) => (this.#usedBytes += bytes))
  }

  /** A file in one piece. */
  async write(name: string, bytes: Uint8Array): Promise<SpooledBody> {
    const file = await this.create(name)
    try {
      await file.write(bytes)
      return await file.finish()
    } catch (error) {
      await file.abandon()
      throw error
    }
  }

  pathOf(name: string): string {
    if (!NAME.test(name)) throw new Error(`${name} is no name of a spooled file`)
    return join(this.#dir, name)
  }

  /** Opened when the first piece is asked for: what is never read holds no descriptor. */
  async *read(name: string): AsyncGenerator<Uint8Array, void, undefined> {
    yield* createReadStream(this.pathOf(name), { highWaterMark: READ_BYTES })
  }

  /** Bytes of a file; null when it is not there. */
  async size(name: string): Promise<number | null> {
    return stat(this.pathOf(name)).then(
      ({ size }) => size,
      () => null,
    )
  }

  /** A second name for a file, which is there until both are removed. Does nothing when the file is gone. */
  async alias(name: string, other: string): Promise<void> {
    const size = await this.size(name)
    if (size === null) return
    await link(this.pathOf(name), this.pathOf(other))
    this.#usedBytes += size
    await syncFolder(this.#dir)
  }

  /** Does nothing when it is gone already. */
  async remove(name: string): Promise<void> {
    const size = await this.size(name)
    if (size === null) return
    await rm(this.pathOf(name), { force: true })
    this.#usedBytes -= size
  }
}

interface SpoolPlace {
  readonly path: string
  readonly name: string
  readonly dir: string
}

/** One that is being written. `finish` or `abandon` comes last. */
export class SpoolFile {
  readonly #handle: FileHandle
  readonly #place: SpoolPlace
  readonly #count: (bytes: number) => void
  #size = 0

  constructor(handle: FileHandle, place: SpoolPlace, count: (bytes: number) => void) {
    this.#handle = handle
    this.#place = place
    this.#count = count
  }

  get size(): number {
    return this.#size
  }

  async write(chunk: Uint8Array): Promise<void> {
    // Counted before: many files that grow at a time must not exceed the limit together.
    this.#size += chunk.length
    this.#count(chunk.length)
    await onDisk(this.#handle.writeFile(chunk))
  }

  /** Resolves when the whole file is on the disk, and its name too. */
  async finish(): Promise<SpooledBody> {
    await onDisk(this.#finish())
    return { file: this.#place.name, size: this.#size }
  }

  async #finish(): Promise<void> {
    const { path, dir } = this.#place
    await this.#handle.sync()
    await this.#handle.close()
    await rename(path + UNFINISHED, path)
    await syncFolder(dir)
  }

  /** Never rejects. */
  async abandon(): Promise<void> {
    this.#count(-this.#size)
    this.#size = 0
    await this.#handle.close().catch(() => undefined)
    // It may have its name already, when the folder could not be synced.
    for (const suffix of [UNFINISHED, ''])
      await rm(this.#place.path + suffix, { force: true }).catch(() => undefined)
  }
}

/** A full disk is nobody's mistake: whoever called may try again. Throws `unavailable`. */
async function onDisk<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw new FaasError(
      'unavailable',
      `the spool of asynchronous calls cannot be written (${messageOf(error)}): look at the disk and the rights where SAMPAN_DATA_DIR lies`,
      { cause: error, retryAfterS: 30 },
    )
  }
}
