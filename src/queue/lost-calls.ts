import type { Clock } from '../clock.ts'
import { messageOf } from '../core/errors.ts'
import type { Log } from '../log.ts'
import { CALLS_STREAM } from './job/subjects.ts'
import type { CallBook } from './queue-options.ts'
import type { QueueSession } from './session.ts'

export interface LostCallsOptions {
  readonly book: CallBook
  /** Whether it is being worked on here. */
  readonly isActive: (id: string) => boolean
  readonly clock: Clock
  readonly log: Log
}

const REASON =
  'what became of it is not known: its message has left the queue, and its end was not written down before the power went, or somebody emptied the stream'

/**
 * Ends calls in the book that no message stands for any more: they would be waited for, and remembered, for ever.
 * An end is written down before the server may forget its message, so only a pulled plug, after which the book
 * may lack its last second, or another hand in the stream leaves such calls.
 */
export class LostCalls {
  readonly #options: LostCallsOptions

  constructor(options: LostCallsOptions) {
    this.#options = options
  }

  /** Never rejects. */
  async reconcile({ jsm }: QueueSession): Promise<void> {
    const { book, isActive, clock, log } = this.#options
    try {
      const { state } = await jsm.streams.info(CALLS_STREAM)
      // Only before the first one: behind the last there may be what was stored since we asked.
      for (const id of book.openBefore(state.first_seq)) {
        if (isActive(id)) continue
        const nothing = {
          status: 0,
          reason: null,
          durationMs: 0,
          sequence: 0,
          resultFile: '',
          resultHead: '',
        }
        book.finish(id, { ...nothing, state: 'failed', atMs: clock.wall(), error: REASON })
        log.error('a call in the book has no message in the queue', { id, reason: REASON })
      }
      await book.saved()
    } catch (error) {
      log.warn('the book not compared with the queue', { reason: messageOf(error) })
    }
  }
}
