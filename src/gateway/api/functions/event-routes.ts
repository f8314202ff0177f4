import { nameOf, namespaceOf, type FunctionName } from '../../../core/functions/function-name.ts'
import type { ScalingEvent } from '../../../core/scaling/scaling-event.ts'
import { scalingEventsAnswer, type ScalingEventAnswer } from '../../../wire/answer-schemas.ts'
import type { ApiContext } from '../../shared/api-context.ts'
import { bodyStream } from '../body-stream.ts'
import { endOf } from '../client.ts'
import type { FunctionControl } from './function-routes.ts'
import { functionFor, queryValue } from '../request-values.ts'
import { jsonText } from '../responses.ts'
import type { Route } from '../route.ts'

/** What this needs of `scaler/`. */
export interface EventReading {
  /** Oldest first, those after number `after`; of one function, or of all. */
  recent(fn?: FunctionName, after?: number): readonly ScalingEvent[]
  /** The same, then what is new, until `signal` aborts. Throws `too-busy` when very many follow. */
  follow(
    fn: FunctionName | undefined,
    after: number | undefined,
    signal: AbortSignal,
  ): AsyncIterable<ScalingEvent>
}

export interface EventRoutePorts {
  readonly functions: Pick<FunctionControl, 'existing'>
  readonly events: EventReading
}

const STREAM = 'text/event-stream'

/** `GET /system/events`: what was decided about the scaling of functions, and why. */
export function eventRoutes(ports: EventRoutePorts): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/system/events',
      access: 'admin',
      summary:
        'What happened to functions of late, and why: scaling, revisions, trouble; with `Accept: text/event-stream` until the client leaves',
      query: ['name', 'namespace'],
      answers: { 200: 'Events', 404: 'No such function', 429: 'Too many clients follow' },
      result: scalingEventsAnswer,
      handle: (c) => events(c, ports),
    },
  ]
}

function events(c: ApiContext, { functions, events: reading }: EventRoutePorts): Response {
  const name = queryValue(c, 'name')
  const fn = name === '' ? undefined : functionFor(c, name)
  if (fn !== undefined) functions.existing(fn)
  if (!(c.req.header('accept') ?? '').includes(STREAM))
    return jsonText(JSON.stringify(reading.recent(fn).map(answerOf)))

  const end = endOf(c)
  const followed = reading.follow(fn, lastSeen(c), end.signal)
  return new Response(bodyStream(followed, { bytesOf: messageOf, onEnd: () => end.abort() }), {
    headers: { 'Content-Type': STREAM, 'Cache-Control': 'no-cache' },
  })
}

/** A client that reconnects says what it has seen. */
function lastSeen(c: ApiContext): number | undefined {
  const text = c.req.header('last-event-id') ?? ''
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined
}

const encoder = new TextEncoder()

function messageOf(event: ScalingEvent): Uint8Array {
  const data = JSON.stringify(answerOf(event))
  return encoder.encode(`id: ${event.id}\nevent: ${event.kind}\ndata: ${data}\n\n`)
}

function answerOf({ id, fn, atMs, kind, from, to, reason }: ScalingEvent): ScalingEventAnswer {
  const at = new Date(atMs).toISOString()
  return { id, at, name: nameOf(fn), namespace: namespaceOf(fn), kind, from, to, reason }
}
