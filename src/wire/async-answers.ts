import * as v from 'valibot'

/**
 * The bodies of our answers about asynchronous calls. Times are RFC 3339; what is not there yet, or never will
 * be, is absent.
 */

const text = v.string()
const count = v.pipe(v.number(), v.integer(), v.minValue(0))
const seconds = v.pipe(v.number(), v.minValue(0))

const reason = v.picklist([
  'attempts_exhausted',
  'interrupted',
  'expired',
  'function_not_found',
  'undecodable',
  'body_lost',
  'callback',
])

export const asyncQueuesAnswer = v.array(
  v.object({
    queue: text,
    paused: v.boolean(),
    functions: v.array(
      v.object({
        name: text,
        namespace: text,
        pending: count,
        inFlight: count,
        delayed: count,
        oldestAgeSeconds: v.exactOptional(seconds),
        limit: count,
      }),
    ),
  }),
)
export type AsyncQueues = v.InferOutput<typeof asyncQueuesAnswer>

const asyncCall = v.object({
  id: text,
  callId: text,
  name: text,
  namespace: text,
  queue: text,
  state: v.picklist(['queued', 'running', 'waiting', 'succeeded', 'failed', 'dead', 'cancelled', 'expired']),
  attemptCount: count,
  deferrals: count,
  enqueuedAt: text,
  startedAt: v.exactOptional(text),
  finishedAt: v.exactOptional(text),
  nextAt: v.exactOptional(text),
  expiresAt: text,
  status: v.exactOptional(count),
  error: v.exactOptional(text),
  durationSeconds: v.exactOptional(seconds),
  reason: v.exactOptional(reason),
  callback: v.exactOptional(v.picklist(['waiting', 'delivered', 'failed'])),
  hasResult: v.boolean(),
})
export type AsyncCall = v.InferOutput<typeof asyncCall>

/** `next`: the `cursor` of the next page; absent on the last one. */
export const asyncCallsAnswer = v.object({ calls: v.array(asyncCall), next: v.exactOptional(text) })
export type AsyncCalls = v.InferOutput<typeof asyncCallsAnswer>

const attempt = v.object({
  attempt: count,
  startedAt: text,
  durationSeconds: seconds,
  status: v.exactOptional(count),
  error: v.exactOptional(text),
})

const callHistory = v.object({ ...asyncCall.entries, attempts: v.array(attempt) })
export type CallHistoryAnswer = v.InferOutput<typeof callHistory>

export const callHistoriesAnswer = v.array(callHistory)

export const deadLettersAnswer = v.object({ deadLetters: v.array(asyncCall), next: v.exactOptional(text) })
export type DeadLetters = v.InferOutput<typeof deadLettersAnswer>

export const deadLetterAnswer = v.object({
  ...callHistory.entries,
  method: text,
  path: text,
  bodyBytes: count,
  /** As UTF-8; what is none is replaced. */
  lastAnswer: text,
})
export type DeadLetterAnswer = v.InferOutput<typeof deadLetterAnswer>

export const purgedAnswer = v.object({ purged: count })
export const replayedAnswer = v.object({ replayed: count })
export const removedAnswer = v.object({ removed: count })
