import { nameOf, namespaceOf, type FunctionName } from '../../core/functions/function-name.ts'
import type { CallAttempt, QueuedCall } from '../../core/calls/queued-call.ts'
import type { CallHistory, DeadLetterReport, QueueReport } from '../../core/calls/queue-report.ts'
import type { AsyncCall, AsyncQueues, CallHistoryAnswer, DeadLetterAnswer } from '../../wire/async-answers.ts'

/** The last moment that a date can be. */
const LAST_MS = 8.64e15

export function queuesAnswer(reports: readonly QueueReport[]): AsyncQueues {
  return reports.map(({ queue, isPaused, functions }) => {
    const lanes = functions.map(({ fn, pending, inFlight, delayed, oldestMs, limit }) => {
      const oldest = oldestMs === null ? {} : { oldestAgeSeconds: oldestMs / 1_000 }
      return { ...fullName(fn), pending, inFlight, delayed, ...oldest, limit }
    })
    return { queue, paused: isPaused, functions: lanes }
  })
}

export function callAnswer(call: QueuedCall): AsyncCall {
  const { id, callId, queue, state, error, reason, callback } = call
  const isWaiting = state === 'queued' || state === 'waiting'
  return {
    id,
    callId,
    ...fullName(call.fn),
    queue,
    state,
    attemptCount: call.attempts,
    deferrals: call.deferrals,
    enqueuedAt: timeText(call.enqueuedAtMs),
    ...(call.startedAtMs > 0 && { startedAt: timeText(call.startedAtMs) }),
    ...(call.finishedAtMs > 0 && { finishedAt: timeText(call.finishedAtMs) }),
    ...(isWaiting && call.nextAtMs > 0 && { nextAt: timeText(call.nextAtMs) }),
    expiresAt: timeText(call.expiresAtMs),
    ...(call.status > 0 && { status: call.status }),
    ...(error !== '' && { error }),
    ...(call.durationMs > 0 && { durationSeconds: call.durationMs / 1_000 }),
    ...(reason !== null && { reason }),
    ...(callback !== null && { callback }),
    hasResult: call.resultHead !== '',
  }
}

export function historyAnswer({ call, attempts }: CallHistory): CallHistoryAnswer {
  return { ...callAnswer(call), attempts: attempts.map(attemptAnswer) }
}

export function letterAnswer(report: DeadLetterReport): DeadLetterAnswer {
  const { method, path, bodyBytes, lastAnswer } = report
  return {
    ...historyAnswer(report),
    method,
    path,
    bodyBytes,
    lastAnswer: new TextDecoder().decode(lastAnswer),
  }
}

function attemptAnswer({
  attempt,
  startedAtMs,
  durationMs,
  status,
  error,
}: CallAttempt): CallHistoryAnswer['attempts'][number] {
  return {
    attempt,
    startedAt: timeText(startedAtMs),
    durationSeconds: durationMs / 1_000,
    ...(status > 0 && { status }),
    ...(error !== '' && { error }),
  }
}

function fullName(fn: FunctionName): { readonly name: string; readonly namespace: string } {
  return { name: nameOf(fn), namespace: namespaceOf(fn) }
}

/** Of milliseconds since the epoch. */
function timeText(ms: number): string {
  return new Date(Math.min(ms, LAST_MS)).toISOString()
}
