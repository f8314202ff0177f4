import type { DeadLetters } from './manage/dead-letters.ts'
import { CALLS_STREAM } from './job/subjects.ts'
import type { CallBook } from './queue-options.ts'
import type { QueueSession } from './session.ts'
import type { Spool } from './spool.ts'

export interface StraysOptions {
  readonly book: CallBook
  readonly spool: Spool
  readonly deadLetters: DeadLetters
}

/**
 * Bodies of whose calls the book knows nothing: a killed process left them, or nobody knows whether the server has
 * the message. Either the call was never stored, or its message is in the stream and has no row yet. Which of both
 * is clear when the stream has no message any more that was there when it was looked at first: whatever was in it
 * has a row then, or has ended.
 */
export class Strays {
  readonly #options: StraysOptions
  readonly #files = new Set<string>()
  /** The last message that can be that of one of them; null: nobody has looked yet. */
  #lastSequence: number | null = null

  constructor(options: StraysOptions) {
    this.#options = options
  }

  /** `files`: what was in the spool at the start. Not those of the outbox, which come into the stream later. */
  note(files: readonly string[]): void {
    const { book } = this.#options
    const all = new Set(files)
    for (const file of files) {
      const [id = '', kind] = file.split('.')
      if (kind === 'body' && !all.has(`${id}.outbox`) && book.get(id) === undefined) this.#files.add(file)
    }
  }

  get size(): number {
    return this.#files.size
  }

  /** The call was refused, but may be in the stream. */
  add(file: string): void {
    this.#files.add(file)
    this.#lastSequence = null
  }

  has(file: string): boolean {
    return this.#files.has(file)
  }

  /** Removes those that turned out to belong to no call. Rejects when the server does not answer. */
  async look(session: QueueSession): Promise<void> {
    const { book, spool, deadLetters } = this.#options
    if (this.#files.size === 0) return
    const { state } = await session.jsm.streams.info(CALLS_STREAM)
    if (this.#lastSequence === null) {
      // The next look is late enough for what was on its way at this one.
      this.#lastSequence = state.last_seq
      return
    }
    if (state.messages > 0 && state.first_seq <= this.#lastSequence) return
    if (!(await deadLetters.reconcile(session))) return
    for (const file of this.#files) {
      const [id = ''] = file.split('.')
      if (this.#lastSequence === null) return
      if (book.get(id) === undefined) await spool.remove(file)
      this.#files.delete(file)
    }
  }
}
