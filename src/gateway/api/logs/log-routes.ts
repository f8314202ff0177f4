import { FaasError, messageOf } from '../../../core/errors.ts'
import type { FunctionName } from '../../../core/functions/function-name.ts'
import type { LogLine, LogQuery } from '../../../core/provider/log-line.ts'
import type { Log } from '../../../log.ts'
import { logMessageAnswer } from '../../../wire/answer-schemas.ts'
import { textResponse } from '../../shared/error-response.ts'
import type { FunctionControl } from '../functions/function-routes.ts'
import { logQuery, UnreadableParameter } from './log-query.ts'
import { LineEncoder, LogBatches } from './log-stream.ts'
import { endOf } from '../client.ts'
import { functionFor, queryValue } from '../request-values.ts'
import type { Route } from '../route.ts'
import type { ApiContext } from '../../shared/api-context.ts'

/** What this needs of `logs/`. */
export interface LogReading {
  /**
   * Lines of all replicas, those that are gone included, ordered by time. Ends when `signal` aborts or,
   * without `follow`, at the end. Throws `too-busy` at once when too many read.
   */
  read(query: LogQuery, signal: AbortSignal): AsyncIterable<readonly LogLine[]>
}

export interface LogRoutePorts {
  readonly functions: Pick<FunctionControl, 'existing'>
  readonly logs: LogReading
  readonly log: Log
}

const LINES = 'application/x-ndjson'

/** `GET /system/logs` (http-api 6.10). */
export function logRoutes(ports: LogRoutePorts): readonly Route[] {
  const encoder = new LineEncoder()
  return [
    {
      method: 'GET',
      path: '/system/logs',
      access: 'admin',
      summary: 'Log lines of a function, one JSON object a line; with follow, until the client leaves',
      query: ['name', 'namespace', 'instance', 'tail', 'since', 'follow'],
      answers: {
        200: 'Messages',
        400: 'No name, or a namespace that cannot be one',
        404: 'No such function',
        422: 'A parameter cannot be read',
        429: 'Too many readers',
        502: 'What the provider sent is no log',
        503: 'The provider cannot be reached',
      },
      result: logMessageAnswer,
      resultType: LINES,
      handle: (c) => logs(c, ports, encoder),
    },
  ]
}

async function logs(c: ApiContext, ports: LogRoutePorts, encoder: LineEncoder): Promise<Response> {
  const name = queryValue(c, 'name')
  if (name === '') throw new FaasError('invalid', 'name: is missing in the query')
  const fn = functionFor(c, name)
  const query = readQuery(c, fn)
  if (query instanceof Response) return query
  ports.functions.existing(fn)

  const end = endOf(c)
  const onEnd = (): void => end.abort()
  const onFailure = (error: unknown): never => {
    onEnd()
    throw error
  }
  const batches = new LogBatches(fn, ports.logs.read(query, end.signal), encoder)
  // A follower gets its headers at once. Without `follow` the first batch is read before, so that a failure
  // can still be answered with a status.
  const first = query.follow ? undefined : await batches.take().catch(onFailure)
  const body = toStream({ batches, first, onEnd, log: ports.log.child({ fn }) })
  return new Response(body, { headers: { 'Content-Type': LINES } })
}

function readQuery(c: ApiContext, fn: FunctionName): ReturnType<typeof logQuery> | Response {
  try {
    return logQuery(fn, {
      tail: queryValue(c, 'tail'),
      since: queryValue(c, 'since'),
      instance: queryValue(c, 'instance'),
      follow: queryValue(c, 'follow'),
    })
  } catch (error) {
    if (error instanceof UnreadableParameter) return textResponse(422, error.message)
    throw error
  }
}

interface Streaming {
  readonly batches: LogBatches
  /** A batch that was read already; null when there are no lines at all. */
  readonly first: Uint8Array | null | undefined
  readonly onEnd: () => void
  readonly log: Log
}

/** A failure midway ends the stream as if the lines had ended, because the status was sent before. */
function toStream({ batches, first, onEnd, log }: Streaming): ReadableStream<Uint8Array> {
  let ready = first
  const end = (): Promise<void> => {
    onEnd()
    return batches.end()
  }
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const batch = ready === undefined ? await takeSafely(batches, log) : ready
        ready = undefined
        if (batch !== null) return controller.enqueue(batch)
        controller.close()
        await end()
      },
      cancel: end,
    },
    { highWaterMark: 0 },
  )
}

async function takeSafely(batches: LogBatches, log: Log): Promise<Uint8Array | null> {
  try {
    return await batches.take()
  } catch (error) {
    log.warn('log stream broke off', { err: messageOf(error) })
    return null
  }
}
