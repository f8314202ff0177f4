import type { Invocation } from '../args/command.ts'
import { usageError } from '../cli-error.ts'
import { present } from '../output/present.ts'
import type { LETTERS_LIST_FLAGS } from '../table/async.ts'
import { AsyncClient } from './async-client.ts'
import { shortTime, shownStatus } from './shown-call.ts'
import { which } from './which.ts'

/** Calls that were given up, the newest first. */
export async function run({ flags, isGiven, session }: Invocation<typeof LETTERS_LIST_FLAGS>): Promise<void> {
  if (flags.limit < 1) throw usageError('--limit must be at least 1')
  const client = await AsyncClient.connect(session, { flags, isGiven })
  const letters = await client.deadLetters(which(session, flags), flags.limit)
  await present(session, flags, {
    value: letters,
    names: letters.map(({ id }) => id),
    heading: ['ID', 'FUNCTION', 'REASON', 'STATUS', 'TRIES', 'QUEUED', 'CALL ID'],
    rows: letters.map((one) => [
      one.id,
      `${one.name}.${one.namespace}`,
      one.reason ?? '',
      shownStatus(one.status),
      String(one.attemptCount),
      shortTime(one.enqueuedAt),
      one.callId,
    ]),
    none: 'No dead letters.',
  })
}
