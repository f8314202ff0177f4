import type { Readable } from 'node:stream'
import type { LogLine } from '../../../core/provider.ts'
import { shortId } from '../../../core/short-id.ts'
import type { LogStreamOptions } from '../engine/answers.ts'
import { LogDecoder } from './decoder.ts'
import { millisecondsOf } from '../../../core/log-timestamp.ts'

/** What this needs of `engine.ts`. */
export interface LogEngine {
  /** The raw stream. Throws `not-found` when the container is gone. An abort destroys the stream. */
  containerLogs(id: string, options: LogStreamOptions, signal: AbortSignal): Promise<Readable>
}

export interface LogRequest {
  readonly id: string
  readonly follow: boolean
  /** Messages from the end, not lines: a long line is several. */
  readonly tail?: number
  /** Only lines with this timestamp or a later one. */
  readonly since?: string
  /** Called when the engine has answered. */
  readonly onOpen?: () => void
}

/**
 * Lines of one container, a batch for each chunk of the stream. The engine is read no faster than batches are
 * taken. Ends without an error when `signal` aborts.
 */
export async function* readContainerLogs(
  engine: LogEngine,
  request: LogRequest,
  signal: AbortSignal,
): AsyncGenerator<readonly LogLine[], void> {
  const decoder = new LogDecoder(shortId(request.id))
  const { since } = request
  const isWanted = (line: LogLine) => since === undefined || line.timestamp >= since
  try {
    const stream = await engine.containerLogs(request.id, streamOptions(request), signal)
    request.onOpen?.()
    for await (const chunk of stream) {
      const lines = decoder.push(chunk as Buffer).filter(isWanted)
      if (lines.length > 0) yield lines
    }
    const rest = decoder.end().filter(isWanted)
    if (rest.length > 0) yield rest
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

/** How many lines `tail` from the end are, and how many messages to ask for to get at least those. */
export interface TailSize {
  readonly lines: number
  /** Absent: all. */
  readonly messages?: number
}

/**
 * Looks how far back the last `tail` lines reach: Docker counts messages, and a long line is many of them.
 */
export async function measureTail(
  engine: LogEngine,
  request: Omit<LogRequest, 'follow'> & { readonly tail: number },
  signal: AbortSignal,
): Promise<TailSize> {
  for (let messages = request.tail + 1; ; messages *= 4) {
    const decoder = new LogDecoder('')
    const options = streamOptions({ ...request, follow: false, tail: messages })
    let lines = 0
    const stream = await engine.containerLogs(request.id, options, signal)
    const count = (found: readonly LogLine[]) => {
      const { since } = request
      lines += since === undefined ? found.length : found.filter((line) => line.timestamp >= since).length
    }
    for await (const chunk of stream) count(decoder.push(chunk as Buffer))
    count(decoder.end())

    if (decoder.messages < messages) return { lines }
    // The first of them may be the end of a longer line.
    if (lines > request.tail) return { lines, messages }
  }
}

function streamOptions(request: LogRequest): LogStreamOptions {
  const options = { follow: request.follow, stdout: true, stderr: true, timestamps: true }
  return {
    ...options,
    ...(request.tail === undefined ? {} : { tail: request.tail }),
    // A millisecond early: a number does not hold nanoseconds. What comes too early is left out afterwards.
    ...(request.since === undefined ? {} : { since: Math.max(0, millisecondsOf(request.since) - 1) / 1_000 }),
  }
}
