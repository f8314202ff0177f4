import type { Invocation } from '../args/command.ts'
import type { QUEUE_CHANGE_FLAGS } from '../table/async.ts'
import { changeQueue } from './queue-change.ts'

/** What waits is made again. */
export function run(invocation: Invocation<typeof QUEUE_CHANGE_FLAGS>): Promise<void> {
  return changeQueue(invocation, 'resume', (queue) => `Resumed queue ${queue}.`)
}
