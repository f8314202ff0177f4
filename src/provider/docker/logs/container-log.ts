import type { Readable } from 'node:stream'
import type { LogLine } from '../../../core/provider/log-line.ts'
import { millisecondsOf } from '../../../core/provider/log-timestamp.ts'
import type { ReplicaLog, ReplicaLogQuery } from '../../../core/provider/provider.ts'
import { shortId } from '../../../core/short-id.ts'
import type { LogStreamOptions } from '../engine/answers.ts'
import { LogDecoder } from './decoder.ts'

/** What this needs of `engine.ts`. */
export interface LogEngine {
  /** The raw stream. Throws `not-found` when the container is gone. An abort destroys the stream. */
  containerLogs(id: string, options: LogStreamOptions, signal: AbortSignal): Promise<Readable>
}

/** As `openLog` of `core/provider/provider.ts` has it: a batch of lines for each chunk of the stream. */
export function logOpener(engine: LogEngine) {
  return async (id: string, query: ReplicaLogQuery, signal: AbortSignal): Promise<ReplicaLog> => {
    const stream = await engine.containerLogs(id, streamOptions(query), signal)
    // It may break off before anybody reads. Whoever does is told then.
    stream.on('error', () => {})
    const decoder = new LogDecoder(shortId(id))
    return {
      get entries() {
        return decoder.messages
      },
      async *[Symbol.asyncIterator]() {
        try {
          yield* decoded(stream, decoder, query.since)
        } catch (error) {
          if (!signal.aborted) throw error
        }
      },
    }
  }
}

async function* decoded(
  stream: Readable,
  decoder: LogDecoder,
  since: string | undefined,
): AsyncGenerator<readonly LogLine[], void> {
  const isWanted = (line: LogLine) => since === undefined || line.timestamp >= since
  for await (const chunk of stream) {
    const lines = decoder.push(chunk as Buffer).filter(isWanted)
    if (lines.length > 0) yield lines
  }
  const rest = decoder.end().filter(isWanted)
  if (rest.length > 0) yield rest
}

function streamOptions({ follow = false, since, entries }: ReplicaLogQuery): LogStreamOptions {
  return {
    follow,
    stdout: true,
    stderr: true,
    timestamps: true,
    ...(entries === undefined ? {} : { tail: entries }),
    // A millisecond early: a number does not hold nanoseconds. What comes too early is left out afterwards.
    ...(since === undefined ? {} : { since: Math.max(0, millisecondsOf(since) - 1) / 1_000 }),
  }
}
