import type { JetStreamManager, StreamInfo } from '@nats-io/jetstream'
import type { Log } from '../../log.ts'
import { API, apiCode, explainStream, StreamFault } from './faults.ts'
import { planStream, streamConfig, type StreamSpec } from './stream-plan.ts'

export interface EnsureOptions {
  readonly specs: readonly StreamSpec[]
  /** The server is ours: nobody else's wishes are in its settings. */
  readonly isOwn: boolean
  readonly log: Log
}

/**
 * Makes what is missing and mends what may be mended. Throws `StreamFault` when a stream cannot be as it must:
 * then nothing was done to that one.
 */
export async function ensureStreams(jsm: JetStreamManager, options: EnsureOptions): Promise<void> {
  for (const spec of options.specs) await ensureStream(jsm, spec, options)
}

/** Whether all of them still are as they must be; throws `StreamFault` for the first that is not. */
export async function checkStreams(jsm: JetStreamManager, { specs, isOwn }: EnsureOptions): Promise<void> {
  for (const spec of specs) {
    const info = await look(jsm, spec.name)
    if (info === undefined) throw new StreamFault(`the stream ${spec.name} is gone: somebody deleted it`)
    const { changes, faults } = planStream(spec, info.config, isOwn)
    const [first] = [...faults, ...changes.map((change) => `the stream ${spec.name} was changed: ${change}`)]
    if (first !== undefined) throw new StreamFault(first)
  }
}

async function ensureStream(
  jsm: JetStreamManager,
  spec: StreamSpec,
  { isOwn, log }: EnsureOptions,
): Promise<void> {
  const info = await look(jsm, spec.name)
  if (info === undefined) {
    await add(jsm, spec)
    log.info('stream made', { stream: spec.name })
    return
  }
  const { mends, changes, faults } = planStream(spec, info.config, isOwn)
  if (faults.length > 0) throw new StreamFault(faults.join('; '))
  if (changes.length === 0) return
  const update = { ...info.config, ...mends }
  await jsm.streams.update(spec.name, update).catch((error: unknown) => {
    throw new StreamFault(`${explainStream(error, spec.name)}. To be changed: ${changes.join('; ')}`, {
      cause: error,
    })
  })
  log.warn('stream settings mended', { stream: spec.name, changes })
}

async function look(jsm: JetStreamManager, name: string): Promise<StreamInfo | undefined> {
  try {
    return await jsm.streams.info(name)
  } catch (error) {
    if (apiCode(error) === API.streamNotFound) return undefined
    throw apiCode(error) === undefined ? error : new StreamFault(explainStream(error, name), { cause: error })
  }
}

async function add(jsm: JetStreamManager, spec: StreamSpec): Promise<void> {
  try {
    await jsm.streams.add(streamConfig(spec))
  } catch (error) {
    if (apiCode(error) === undefined) throw error
    const isTaken = apiCode(error) === API.subjectsOverlap
    const text = isTaken ? await explainOverlap(jsm, spec) : explainStream(error, spec.name)
    throw new StreamFault(text, { cause: error })
  }
}

async function explainOverlap(jsm: JetStreamManager, { name, subjects }: StreamSpec): Promise<string> {
  for (const subject of subjects) {
    // A subject has one stream. What cannot be found out now does not hide what is known.
    const owners = await jsm.streams
      .names(subject)
      .next()
      .catch(() => [])
    if (owners.length > 0) {
      return `the stream ${name} cannot be made: the stream ${owners.join(', ')} has the subject ${subject} already. Take another prefix for the queues, or delete that stream`
    }
  }
  return `the stream ${name} cannot be made: another stream has one of its subjects ${subjects.join(' ')}. Take another prefix for the queues`
}
