import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { every, type Clock } from './clock.ts'

/**
 * So much may lie in the heap before anybody looks for garbage: what the daemon has when it is busy in good
 * order.
 */
const ALLOWED_BYTES = 48 * 1024 * 1024
/**
 * What lies in the heap against what the last collection left, before the next one is due: what is in use
 * must not be gone through again and again.
 */
const GROWTH = 1.5

/**
 * Decides when V8 is told to collect old garbage. By itself it waits until half a gigabyte is full, which one
 * client fills within seconds by requests that are cheap for it
 * (docs/decisions/0006-small-young-generation.md). Pure: fed with the size of the heap, now and then.
 */
export class EarlyCollection {
  #lastBytes = 0
  /** What the last collection left. */
  #leftBytes = 0

  /** `usedBytes`: what lies in the heap, garbage too. Answers whether a collection is due. */
  look(usedBytes: number): boolean {
    if (usedBytes < this.#lastBytes * 0.9) this.#leftBytes = usedBytes
    this.#lastBytes = usedBytes
    return usedBytes > Math.max(ALLOWED_BYTES, GROWTH * this.#leftBytes)
  }
}

/** How often the heap is looked at: with 60 MB of garbage a second it grows by 15 MB meanwhile. */
const LOOK_MS = 250

/**
 * Collect, step by step and beside the program, from the next garbage that grows old; `OFF`: when V8 thinks
 * fit. V8 reads it whenever that is asked.
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
