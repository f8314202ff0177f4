import type { FunctionName } from '../../../core/functions/function-name.ts'
import type { QueuedCall, QueuedCallQuery } from '../../../core/calls/queued-call.ts'
import type { CallHistory, KeptResult, QueueReport } from '../../../core/calls/queue-report.ts'
import { shortened } from '../../../core/quoted.ts'
import {
  asyncCallsAnswer,
  asyncQueuesAnswer,
  callHistoriesAnswer,
  purgedAnswer,
  type AsyncCalls,
} from '../../../wire/async-answers.ts'
import { callAnswer, historyAnswer, queuesAnswer } from '../../bodies/async-answers.ts'
import type { ApiContext } from '../../shared/api-context.ts'
import { QUEUED_CALL_PREFIX } from '../../shared/call-routes.ts'
import { textResponse } from '../../shared/error-response.ts'
import { deadLetterRoutes, type DeadLetterControl } from './dead-letter-routes.ts'
import { callsQuery, CALLS_QUERY, pageIn, PURGE_QUERY, purgeQuery } from './queue-query.ts'
import { resultResponse } from './download.ts'
import { accepted, json } from '../responses.ts'
import { NAME } from '../route.ts'
import type { Route } from '../route.ts'

/** Asynchronous calls, as their operator sees and changes them. */
export interface QueueControl {
  readonly admin: {
    queues(): readonly QueueReport[]
    /** Throws `invalid`, as the next two. */
    pause(queue: string): Promise<void>
    resume(queue: string): Promise<void>
    /** Cancels what waits; answers how many calls. */
    purge(queue: string, fn?: FunctionName): Promise<number>
    /** Newest first. */
    calls(query: QueuedCallQuery): readonly QueuedCall[]
    /** Throws `not-found`. */
    callsOf(callId: string): readonly CallHistory[]
    /** Null: there is none yet. Throws `not-found`. */
    result(callId: string): Promise<KeptResult | null>
  }
  readonly deadLetters: DeadLetterControl
  /** Throws `not-found`, and `conflict` when all calls with this id have ended. */
  cancel(callId: string): Promise<readonly QueuedCall[]>
}

export interface QueueRoutePorts {
  /** Null: asynchronous calls are switched off. */
  readonly queue: QueueControl | null
}

type Answer = Response | Promise<Response>
type Use = (c: ApiContext, queue: QueueControl) => Answer
/** Makes a handler of what needs the queue. */
type With = (use: Use) => Route['handle']

/** `/system/async`, and how calls are cancelled (async-scaling 1.10.10). None of them without a queue. */
export function queueRoutes({ queue }: QueueRoutePorts): readonly Route[] {
  if (queue === null) return []
  const withQueue: With = (use) => (c) => use(c, queue)
  return [
    ...queuesRoutes(withQueue),
    ...callsRoutes(withQueue),
    cancelRoute(withQueue),
    ...deadLetterRoutes((use) => withQueue((c, { deadLetters }) => use(c, deadLetters))),
  ]
}

function queuesRoutes(withQueue: With): readonly Route[] {
  const change = (action: 'pause' | 'resume', summary: string): Route => {
    return {
      method: 'POST',
      path: `/system/async/queues/:queue${NAME}/${action}`,
      access: 'admin',
      summary,
      answers: { 202: 'Accepted', 400: 'No queue can be called so' },
      handle: withQueue(async (c, { admin }) => {
        await admin[action](queueIn(c))
        return accepted()
      }),
    }
  }
  return [
    {
      method: 'GET',
      path: '/system/async/queues',
      access: 'admin',
      summary: 'The queues, with the functions whose calls wait there',
      answers: { 200: 'AsyncQueue[]' },
      result: asyncQueuesAnswer,
      handle: withQueue((_c, { admin }) => json(queuesAnswer(admin.queues()))),
    },
    change('pause', 'Make no calls of a queue, but go on to accept them; outlives a restart'),
    change('resume', 'Make calls of a queue again'),
    {
      method: 'DELETE',
      path: `/system/async/queues/:queue${NAME}`,
      access: 'admin',
      summary: 'Cancel the calls that wait in a queue, all or those of a function',
      query: PURGE_QUERY,
      answers: { 200: 'How many', 400: 'No queue can be called so, or a parameter is wrong' },
      result: purgedAnswer,
      handle: withQueue(async (c, { admin }) => {
        const fn = purgeQuery(c)
        return json({ purged: await admin.purge(queueIn(c), fn) })
      }),
    },
  ]
}

/** Whatever its caller calls it. One with a slash is found by the list. */
const CALL_ID = ':callId{[^/]+}'

const UNKNOWN_CALL = 'No asynchronous call has this id, or none that is remembered'

function callsRoutes(withQueue: With): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/system/async/calls',
      access: 'admin',
      summary: 'Asynchronous calls, the newest first',
      query: CALLS_QUERY,
      answers: { 200: 'A page', 400: 'A parameter is wrong' },
      result: asyncCallsAnswer,
      handle: withQueue((c, { admin }) => json(listCalls(c, admin))),
    },
    {
      method: 'GET',
      path: `/system/async/calls/${CALL_ID}`,
      access: 'admin',
      summary: 'All calls with a call id, and their executions',
      answers: { 200: 'AsyncCall[]', 404: UNKNOWN_CALL },
      result: callHistoriesAnswer,
      handle: withQueue((c, { admin }) => json(admin.callsOf(callIdIn(c, 'callId')).map(historyAnswer))),
    },
    {
      method: 'GET',
      path: `/system/async/calls/${CALL_ID}/result`,
      access: 'admin',
      summary: 'The kept answer of the last call with a call id; status and headers under names of ours',
      answers: {
        200: 'The body of the answer, whatever its status',
        404: `${UNKNOWN_CALL}; or its answer was not to be kept`,
        425: 'It is not there yet',
      },
      handle: withQueue(async (c, { admin }) => {
        const kept = await admin.result(callIdIn(c, 'callId'))
        return kept === null ? tooEarly() : resultResponse(kept)
      }),
    },
  ]
}

function cancelRoute(withQueue: With): Route {
  return {
    method: 'DELETE',
    // The name of the parameter is that of the calls below the same prefix: for OpenAPI it is one path.
    path: `${QUEUED_CALL_PREFIX}:name{[^/]+}`,
    access: 'admin',
    summary: 'Cancel all calls with a call id, which is in the place of NAME',
    answers: {
      405: 'An id with a slash: it is found by the list',
      202: 'Cancelled',
      404: UNKNOWN_CALL,
      409: 'All of them have ended',
    },
    handle: withQueue(async (c, queue) => {
      await queue.cancel(callIdIn(c, 'name'))
      return accepted()
    }),
  }
}

function listCalls(c: ApiContext, admin: QueueControl['admin']): AsyncCalls {
  const query = callsQuery(c)
  // One more says whether there is another page.
  const { page, ...next } = pageIn(admin.calls({ ...query, limit: query.limit + 1 }), query.limit)
  return { calls: page.map(callAnswer), ...next }
}

function queueIn(c: ApiContext): string {
  const queue = c.req.param('queue') ?? ''
  const fn = c.get('subject')
  c.set('subject', fn === undefined ? shortened(queue) : `${shortened(queue)} ${fn}`)
  return queue
}

function callIdIn(c: ApiContext, parameter: 'callId' | 'name'): string {
  const callId = c.req.param(parameter) ?? ''
  c.set('subject', shortened(callId))
  return callId
}

function tooEarly(): Response {
  const response = textResponse(425, 'the call has not ended: there is no answer yet')
  response.headers.set('Retry-After', '1')
  return response
}
