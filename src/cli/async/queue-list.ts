import type { Invocation } from '../args/command.ts'
import { present } from '../output/present.ts'
import type { QUEUE_LIST_FLAGS } from '../table/async.ts'
import { AsyncClient } from './async-client.ts'

/** Queues, and whose calls wait there. */
export async function run({ flags, isGiven, session }: Invocation<typeof QUEUE_LIST_FLAGS>): Promise<void> {
  const queues = await (await AsyncClient.connect(session, { flags, isGiven })).queues()
  const rows = queues.flatMap(({ queue, paused, functions }) => {
    const state = paused ? 'paused' : 'runs'
    if (functions.length === 0) return [[queue, state, '', '0', '0', '0', '', '']]
    return functions.map(({ name, namespace, pending, inFlight, delayed, limit, oldestAgeSeconds }) => [
      queue,
      state,
      `${name}.${namespace}`,
      String(pending),
      String(inFlight),
      String(delayed),
      String(limit),
      oldestAgeSeconds === undefined ? '' : `${Math.round(oldestAgeSeconds)} s`,
    ])
  })
  await present(session, flags, {
    value: queues,
    names: queues.map(({ queue }) => queue),
    heading: ['QUEUE', 'STATE', 'FUNCTION', 'WAITING', 'RUNNING', 'DELAYED', 'AT A TIME', 'OLDEST'],
    rows,
    none: 'No queues.',
  })
}
