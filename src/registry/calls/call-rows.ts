import { functionName } from '../../core/functions/function-name.ts'
import type { CallAttempt, OpenCalls, QueuedCall, QueuedCallState } from '../../core/calls/queued-call.ts'
import type { Row } from '../database.ts'

export function callOfRow(row: Row): QueuedCall {
  return {
    id: String(row['id']),
    callId: String(row['call_id']),
    fn: functionName(String(row['name']), String(row['namespace'])),
    queue: String(row['queue']),
    state: row['state'] as QueuedCallState,
    attempts: Number(row['attempts']),
    deferrals: Number(row['deferrals']),
    sequence: Number(row['sequence']),
    enqueuedAtMs: Number(row['enqueued_at']),
    startedAtMs: Number(row['started_at']),
    finishedAtMs: Number(row['finished_at']),
    nextAtMs: Number(row['next_at']),
    expiresAtMs: Number(row['expires_at']),
    status: Number(row['status']),
    error: String(row['error']),
    durationMs: Number(row['duration_ms']),
    reason: row['reason'] as QueuedCall['reason'],
    callback: row['callback'] as QueuedCall['callback'],
    resultFile: String(row['result_file']),
    resultHead: String(row['result_head']),
  }
}

export function attemptOfRow(row: Row): CallAttempt {
  return {
    attempt: Number(row['attempt']),
    startedAtMs: Number(row['started_at']),
    durationMs: Number(row['duration_ms']),
    status: Number(row['status']),
    error: String(row['error']),
  }
}

export function openCallsOfRow(row: Row): OpenCalls {
  return {
    queue: String(row['queue']),
    fn: functionName(String(row['name']), String(row['namespace'])),
    delayed: Number(row['delayed']),
    oldestAtMs: Number(row['oldest_at']),
  }
}
