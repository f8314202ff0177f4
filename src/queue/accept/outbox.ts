import { hasCode, messageOf } from '../../core/errors.ts'
import type { Log } from '../../log.ts'
import { decodeJob, encodeJob, type Job } from '../job/job.ts'
import type { Spool } from '../spool.ts'

const SUFFIX = '.outbox'

export interface OutboxOptions {
  readonly spool: Spool
  readonly log: Log
  readonly most: { readonly jobs: number; readonly bytes: number }
  /** Puts it into the stream; rejects when that is not possible now. */
  readonly publish: (job: Job) => Promise<void>
  /** Whether it is to run still: it may have run, or have been cancelled. */
  readonly isWanted: (id: string) => boolean
}

/**
 * Accepted calls that NATS does not have yet: files, synced before their 202, handed over in their order once
 * it answers again. It bridges a restart of the server, no more.
 */
export class Outbox {
  readonly #options: OutboxOptions
  /** Sizes of the files by job; the order of ids is that of time. */
  readonly #jobs = new Map<string, number>()
  /** Being written. */
  #adding = 0
  #bytes = 0
  #draining: Promise<void> | null = null

  constructor(options: OutboxOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#jobs.size
  }

  /** Those of an earlier process. `files`: names of the spool. */
  async open(files: readonly string[]): Promise<void> {
    for (const file of files.filter((name) => name.endsWith(SUFFIX)).toSorted()) {
      const size = (await this.#options.spool.size(file)) ?? 0
      this.#jobs.set(file.slice(0, -SUFFIX.length), size)
      this.#bytes += size
    }
  }

  get isFull(): boolean {
    const { most } = this.#options
    return this.#jobs.size + this.#adding >= most.jobs || this.#bytes >= most.bytes
  }

  /** Resolves when it is on the disk. */
  async add(job: Job): Promise<void> {
    const bytes = encodeJob(job)
    // Counted before it is written: many at a time must not exceed the limit together.
    this.#adding += 1
    this.#bytes += bytes.length
    try {
      await this.#options.spool.write(job.id + SUFFIX, bytes)
      this.#jobs.set(job.id, bytes.length)
    } catch (error) {
      this.#bytes -= bytes.length
      throw error
    } finally {
      this.#adding -= 1
    }
  }

  has(id: string): boolean {
    return this.#jobs.has(id)
  }

  /** Hands over what there is, in order, until one is not taken: call it again then. Never rejects. */
  drain(): Promise<void> {
    this.#draining ??= this.#drain().finally(() => (this.#draining = null))
    return this.#draining
  }

  async #drain(): Promise<void> {
    const { spool, log, publish, isWanted } = this.#options
    for (const id of [...this.#jobs.keys()].toSorted()) {
      try {
        const job = isWanted(id) ? await this.#read(id) : null
        if (job !== null) await publish(job)
        await spool.remove(id + SUFFIX)
        this.#forget(id)
      } catch (error) {
        log.warn('outbox waits for NATS', { calls: this.#jobs.size, reason: messageOf(error) })
        // One that this server never will take must not hold up the others.
        if (!hasCode(error, 'too-large')) return
      }
    }
  }

  /** Null: there is nothing that could be run. */
  async #read(id: string): Promise<Job | null> {
    const { spool, log } = this.#options
    if ((await spool.size(id + SUFFIX)) === null) {
      log.error('an accepted call is gone from the spool', { id })
      return null
    }
    const chunks: Uint8Array[] = []
    for await (const chunk of spool.read(id + SUFFIX)) chunks.push(chunk)
    try {
      return decodeJob(Buffer.concat(chunks))
    } catch (err) {
      log.error('an accepted call is damaged', { id, err })
      return null
    }
  }

  #forget(id: string): void {
    this.#bytes -= this.#jobs.get(id) ?? 0
    this.#jobs.delete(id)
  }
}
