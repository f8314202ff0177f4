import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { every, type Clock } from './clock.ts'

/** No collection is asked for below this heap size, which a busy daemon reaches in normal operation. */
const ALLOWED_BYTES = 48 * 1024 * 1024
/**
 * A collection is due when the heap has grown by this factor since the last one, so that live data is not
 * scanned again and again.
 */
const GROWTH = 1.5

/**
 * Decides when V8 is told to collect old garbage. By itself V8 waits until half a gigabyte is full, and one
 * client can fill that within seconds with cheap requests (docs/decisions/0006-small-young-generation.md).
 * Pure: the caller passes the size of the heap now and then.
 */
export class EarlyCollection {
  #lastBytes = 0
  /** Heap size after the last collection. */
  #leftBytes = 0

  /** `usedBytes`: the size of the heap, garbage included. Answers whether a collection is due. */
  look(usedBytes: number): boolean {
    if (usedBytes < this.#lastBytes * 0.9) this.#leftBytes = usedBytes
    this.#lastBytes = usedBytes
    return usedBytes > Math.max(ALLOWED_BYTES, GROWTH * this.#leftBytes)
  }
}

/** How often the heap is looked at: with 60 MB of garbage a second it grows by 15 MB meanwhile. */
const LOOK_MS = 250

/**
 * `ON` makes V8 collect old garbage incrementally from the next young collection on; `OFF` leaves the time to
 * V8. V8 reads the flag each time.
 */
const ON = '--incremental-marking-hard-trigger=1'
const OFF = '--incremental-marking-hard-trigger=0'

/** Looks at this process's heap until `signal` aborts. */
export async function collectEarly(clock: Clock, signal: AbortSignal): Promise<void> {
  const collection = new EarlyCollection()
  let isOn = false
  await every({ clock, intervalMs: LOOK_MS, signal, onError: () => undefined }, () => {
    const isDue = collection.look(getHeapStatistics().used_heap_size)
    if (isDue !== isOn) setFlagsFromString(isDue ? ON : OFF)
    isOn = isDue
  })
}
