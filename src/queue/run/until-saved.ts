import type { Clock } from '../../clock.ts'

/** Between attempts to write something down. */
const UNWRITTEN_MS = 1_000

export interface UntilSavedOptions {
  readonly book: { saved(): Promise<void> }
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly onFailure: (error: unknown) => void
}

/**
 * Writes a change down, again and again: what was done must not be done once more because a disk was full
 * meanwhile. Rejects only when `signal` aborts.
 */
export async function untilSaved(
  change: () => void,
  { book, clock, signal, onFailure }: UntilSavedOptions,
): Promise<void> {
  for (;;) {
    try {
      change()
      await book.saved()
      return
    } catch (error) {
      onFailure(error)
    }
    await clock.sleep(UNWRITTEN_MS, signal)
  }
}
