import type { AsyncCall, CallHistoryAnswer } from '../../wire/async-answers.ts'
import { columns } from '../output/columns.ts'

export const CALL_HEADING = ['CALL ID', 'FUNCTION', 'STATE', 'STATUS', 'TRIES', 'QUEUED']

export function callRow({
  callId,
  name,
  namespace,
  state,
  status,
  attemptCount,
  enqueuedAt,
}: AsyncCall): readonly string[] {
  return [
    callId,
    `${name}.${namespace}`,
    state,
    shownStatus(status),
    String(attemptCount),
    shortTime(enqueuedAt),
  ]
}

/** A call with its executions, as a page for people. */
export function callPage(call: CallHistoryAnswer): string {
  const { attempts } = call
  const rows = [
    ['Call id:', call.callId],
    ['Function:', `${call.name}.${call.namespace}`],
    ['Queue:', call.queue],
    ['State:', [call.state, call.reason, call.error].filter(Boolean).join(', ')],
    ['Status:', shownStatus(call.status)],
    ['Queued:', call.enqueuedAt],
    ['Started:', call.startedAt ?? ''],
    ['Ended:', call.finishedAt ?? ''],
    ['Next try:', call.nextAt ?? ''],
    ['Not begun after:', call.expiresAt],
    ['Callback:', call.callback ?? ''],
    ['Answer:', call.hasResult ? 'kept; see: sampan calls result' : ''],
  ].filter(([, text]) => text !== '')
  const width = Math.max(...rows.map(([title = '']) => title.length))
  const page = rows.map(([title = '', text = '']) => `${title.padEnd(width)}  ${text}`).join('\n')
  if (attempts.length === 0) return page
  const tries = attempts.map((one) => [
    String(one.attempt),
    one.startedAt,
    `${one.durationSeconds.toFixed(3)} s`,
    shownStatus(one.status),
    one.error ?? '',
  ])
  return `${page}\n\n${columns(['TRY', 'STARTED', 'TOOK', 'STATUS', 'ERROR'], tries)}`
}

export function shownStatus(status: number | undefined): string {
  return status === undefined || status === 0 ? '' : String(status)
}

/** To the second: a table has no room for more. */
export function shortTime(time: string): string {
  return time.replace(/\.\d+(?=Z|[+-]|$)/, '')
}
