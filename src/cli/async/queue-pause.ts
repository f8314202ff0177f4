import type { Invocation } from '../args/command.ts'
import type { QUEUE_CHANGE_FLAGS } from '../table/async.ts'
import { changeQueue } from './queue-change.ts'

/** Calls are taken, and made when the queue is resumed. */
export function run(invocation: Invocation<typeof QUEUE_CHANGE_FLAGS>): Promise<void> {
  return changeQueue(invocation, 'pause', (queue) => `Paused queue ${queue}. Calls are taken and wait.`)
}
